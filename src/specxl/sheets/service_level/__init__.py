"""The Service level sheet: the cheapest measured deployment of each hardware, precision and method within limits."""

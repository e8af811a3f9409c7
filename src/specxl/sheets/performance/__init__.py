"""The Performance sheet: every configuration of a model and workload, filtered, ranked at a speed, and drawn."""

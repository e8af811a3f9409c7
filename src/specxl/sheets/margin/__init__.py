"""The Margin sheet: what one GPU earns at the prices, the mix and the load that stand on it."""

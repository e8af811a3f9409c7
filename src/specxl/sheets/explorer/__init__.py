"""The Explorer: any measured side against any other, each chosen by itself."""

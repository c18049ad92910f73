"""The pages, one module per noun: thin handlers that ask the services and show what they answer."""

"""Official statistics by name: services that are asked over the network, at the user's command."""

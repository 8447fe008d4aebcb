"""Partners: the agents and operators whose machines ask over the network."""

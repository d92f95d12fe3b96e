"""A server that crosswire tests websockets with."""

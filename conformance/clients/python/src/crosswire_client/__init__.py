"""Drivers of websockets and aiohttp, which do with a library what crosswire tells them."""

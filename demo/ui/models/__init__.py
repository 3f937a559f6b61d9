"""The tab that shows presets, fetches them and switches this server to one."""

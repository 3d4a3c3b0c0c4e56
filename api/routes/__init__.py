"""One file per kind of visitor: programs, providers, the client's browser, probes."""

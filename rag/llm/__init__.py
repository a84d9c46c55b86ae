"""Language models: the manifest and its files, llama.cpp in this process, servers elsewhere."""

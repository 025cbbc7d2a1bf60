"""Pre-trained weights: found, read without executing anything, renamed, filled in.

    hub         hf://org/name@revision -> a local folder
    checkpoint  file or folder -> tensors by name, config.json, digest
    torch_file  a .pth or its like -> tensors by name
    config      config.json -> architecture, preprocessing
    naming      names of torchvision, timm or transformers -> ours
    filling     tensors -> the parameters of a module

Nothing here knows any network.
"""

"""Pre-trained weights: found, read without executing anything, renamed, filled in.

    hub         a path, hf://org/name@revision or https://... -> a local file or folder
    download    https://... -> a file that is kept
    checkpoint  file or folder -> tensors by name, config.json, digest
    torch_file  a .pth or its like -> tensors by name
    config      config.json -> architecture, preprocessing
    naming      names of torchvision, timm or transformers -> ours
    filling     tensors -> the parameters of a module

Nothing here knows any network.
"""

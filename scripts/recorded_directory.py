"""How the scripts that make cases of sentence encoders keep a directory that its library saved."""
import json

from safetensors.torch import load_file

# What the tests' model brings itself.
SHARED = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "README.md", "special_tokens_map.json"}


def files_of(folder):
    """Its other files as JSON, and their tensors as numbers."""
    files, tensors = {}, {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir() or name in SHARED:
            continue
        if path.suffix == ".safetensors":
            tensors[name] = {key: {"shape": list(t.shape), "values": t.flatten().tolist()} for key, t in load_file(path).items()}
        else:
            files[name] = json.loads(path.read_text())
    return {"files": files, "tensors": tensors}

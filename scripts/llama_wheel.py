"""Gets llama-cpp-python into an environment without compiling it twice.

The package index has its source only. In this order: an installed right version; prebuilt wheels from the index named
in LLAMA_WHEEL_INDEX; a wheel that an earlier set-up built and kept; a build, about 6 minutes on 2 cores.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from steps import SetupFailed, run_logged, say

# No image and video reading (LLAVA) and no TLS: neither is used, and both cost build time.
CMAKE_ARGS = "-DLLAVA_BUILD=OFF -DLLAMA_OPENSSL=OFF"
HELLO = "#include <iostream>\nint main() { std::cout << 1; }\n"


def ensure(python: Path, version: str, log: Path) -> None:
    """Installs llama-cpp-python `version` for the environment of `python`, unless it is there in the wanted flavour.

    Raises SetupFailed when there is no compiler or the build fails.
    """
    if flavour_fits(python) and installed_version(python) == version:
        return
    recorded = _flavour_file(python)
    index = os.environ.get("LLAMA_WHEEL_INDEX")
    if index:
        say(f"Installing llama-cpp-python {version} from the wheels of LLAMA_WHEEL_INDEX")
        what = [f"llama-cpp-python=={version}", "--extra-index-url", index, "--only-binary", "llama-cpp-python"]
        failed = f"LLAMA_WHEEL_INDEX has no usable wheel of llama-cpp-python {version} for this machine."
    else:
        wheel = cached_wheel(version)
        if wheel:
            say(f"Installing llama-cpp-python {version} from the wheel that was built earlier")
        what = [str(wheel or build_wheel(python, version, log))]
        failed = f"llama-cpp-python {version} could not be installed."
    recorded.unlink(missing_ok=True)
    pip = [str(python), "-m", "pip", "install", "--no-input", "--no-deps", "--force-reinstall"]
    run_logged([*pip, *what], log=log, failed=failed)
    recorded.write_text(flavour(), encoding="utf-8")


def installed_version(python: Path) -> str | None:
    """The version of llama-cpp-python that `python` sees, or None."""
    code = "import importlib.metadata as m; print(m.version('llama-cpp-python'))"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def flavour_fits(python: Path) -> bool:
    """Whether what is installed is what the environment variables ask for; without any, everything fits."""
    if not (os.environ.get("CMAKE_ARGS") or os.environ.get("LLAMA_WHEEL_INDEX")):
        return True
    recorded = _flavour_file(python)
    return recorded.is_file() and recorded.read_text(encoding="utf-8") == flavour()


def _flavour_file(python: Path) -> Path:
    return python.parent.parent / "llama-flavour"


def flavour() -> str:
    """What, besides the version, makes one build differ from another: where it comes from and its CMake options."""
    return os.environ.get("LLAMA_WHEEL_INDEX") or f"built with {_cmake_args()}"


def wheel_folder(version: str) -> Path:
    """The folder of this very build in the cache: POSTERCHAT_CACHE, else `posterchat` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(os.environ.get("POSTERCHAT_CACHE") or Path(base) / "posterchat").expanduser().absolute()
    python = f"{sys.implementation.name}{sys.version_info.major}.{sys.version_info.minor}"
    # The build uses this processor's own instructions (GGML_NATIVE), so a wheel is right for one kind of processor.
    build = hashlib.sha256(f"{_processor()}\n{_cmake_args()}".encode()).hexdigest()[:12]
    return cache / "wheels" / f"llama-cpp-python-{version}-{python}-{sys.platform}-{platform.machine()}-{build}"


def cached_wheel(version: str) -> Path | None:
    """The wheel that an earlier set-up built for this machine, or None."""
    wheels = sorted(wheel_folder(version).glob("llama_cpp_python-*.whl"))
    return wheels[0] if wheels else None


def build_wheel(python: Path, version: str, log: Path) -> Path:
    """Compiles the wheel and keeps it in the cache. Raises SetupFailed."""
    check_compiler()
    say(f"Building llama-cpp-python {version}: about 6 minutes on 2 cores, once per machine")
    folder = wheel_folder(version)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="building-") as temporary:
        # pip's own cache would hand out a wheel built with other options or for another processor.
        options = ["--verbose", "--no-input", "--no-deps", "--no-cache-dir", "--wheel-dir", temporary]
        command = [str(python), "-m", "pip", "wheel", *options]
        run_logged(
            [*command, f"llama-cpp-python=={version}"],
            log=log,
            failed="llama-cpp-python could not be built: the lines above say why.",
            env={**os.environ, "CMAKE_ARGS": _cmake_args()},
        )
        built = next(Path(temporary).glob("llama_cpp_python-*.whl"))
        folder.mkdir(exist_ok=True)
        return Path(shutil.move(built, folder / built.name))


def check_compiler() -> None:
    """Compiles a three-line program with the machine's C++ compiler. Raises SetupFailed saying what to install."""
    names = [name for name in (os.environ.get("CXX"), "c++", "g++", "clang++") if name]
    compilers = [found for name in names if (found := shutil.which(name))]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "hello.cpp"
        source.write_text(HELLO, encoding="utf-8")
        for compiler in compilers:
            command = [compiler, str(source), "-o", str(Path(folder) / "hello")]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                return
    raise SetupFailed(
        f"llama-cpp-python must be compiled and no working C++ compiler was found: {_install_compiler()}, or set "
        "LLAMA_WHEEL_INDEX to an index of prebuilt wheels (the llama-cpp-python README lists them)."
    )


def _install_compiler() -> str:
    if sys.platform == "darwin":
        return "run 'xcode-select --install'"
    try:
        release = Path("/etc/os-release").read_text(encoding="utf-8").lower()
    except OSError:
        release = ""
    for marks, command in (
        (("debian", "ubuntu"), "apt install build-essential"),
        (("fedora", "rhel", "centos"), "dnf install gcc-c++"),
        (("arch",), "pacman -S base-devel"),
        (("suse",), "zypper install gcc-c++"),
        (("alpine",), "apk add build-base linux-headers"),
    ):
        if any(mark in release for mark in marks):
            return f"run '{command}' as root"
    return "install g++ or clang++"


def _cmake_args() -> str:
    return f"{CMAKE_ARGS} {os.environ.get('CMAKE_ARGS', '')}".strip()


def _processor() -> str:
    """Text that is equal for processors that can run each other's native builds."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    flags = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return " ".join(sorted(flags.partition(":")[2].split()))

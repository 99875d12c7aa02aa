#!/usr/bin/env bash
# Installs the Debian packages that a build needs and that are not there yet. Uses sudo where it is not run as root.
set -euo pipefail

# OpenCL: what Debian's CMake file of oneDNN asks for.
packages=(
  build-essential cmake ninja-build ccache pkg-config python3 binutils
  libdnnl-dev ocl-icd-opencl-dev opencl-headers libboost-context-dev libdw-dev zlib1g-dev nlohmann-json3-dev libcli11-dev libgtest-dev libgmock-dev
  libturbojpeg0-dev libpng-dev libexif-dev libcairo2-dev libtinyxml2-dev fonts-dejavu-core
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install_packages: these packages are missing and there is no sudo: ${missing[*]}" >&2
    echo "Run as root: apt-get install ${missing[*]}" >&2
    exit 6
  fi
  as_root=(sudo)
fi
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"

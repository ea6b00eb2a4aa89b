#!/usr/bin/env bash
# The secrets of a trial installation: a certificate authority and one certificate for all servers, two tokens, and
# passwords. Writes ca.crt and tokens for the command line to the folder given. Run again, it makes new ones; pods follow at
# the next `helm upgrade`. Not for production: there, use cert-manager, an identity provider and a store of secrets.
#   deploy/dev-secrets.sh NAMESPACE [FOLDER] [RELEASE]      default: the namespace, .alarena/NAMESPACE and alarena
set -euo pipefail

namespace=${1:?which namespace?}
folder=${2:-.alarena/$namespace}
release=${3:-alarena}
umask 077
mkdir -p "$folder"

# Names of the chart's services, as templates/_helpers.tpl makes them.
full=$release
[[ $release == *alarena* ]] || full=$release-alarena
names=DNS:localhost,IP:127.0.0.1
for service in orchestrator dataset-store strategy; do
  host=$full-$service
  names+=,DNS:$host,DNS:$host.$namespace,DNS:$host.$namespace.svc,DNS:$host.$namespace.svc.cluster.local
done

key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc)
openssl req -x509 -days 365 "${key[@]}" -subj "/CN=alarena $namespace" \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
  -keyout "$folder/ca.key" -out "$folder/ca.crt" 2>/dev/null
openssl req -x509 -days 365 "${key[@]}" -subj "/CN=$full" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" \
  -addext basicConstraints=critical,CA:FALSE -addext "subjectAltName=$names" \
  -addext extendedKeyUsage=serverAuth,clientAuth \
  -keyout "$folder/tls.key" -out "$folder/tls.crt" 2>/dev/null

# Hashed: what the cluster holds lets nobody in.
entries=()
for role in admin viewer; do
  token=$(openssl rand -hex 32)
  printf %s "$token" >"$folder/$role.token"
  hash=$(printf %s "$token" | sha256sum | cut -d ' ' -f 1)
  entries+=("{\"name\":\"$role\",\"role\":\"$role\",\"sha256\":\"$hash\"}")
done
printf '[%s,%s]' "${entries[@]}" >"$folder/tokens"
openssl rand -hex 24 | tr -d '\n' >"$folder/nats.password"
printf alarena >"$folder/s3.access"
openssl rand -hex 24 | tr -d '\n' >"$folder/s3.secret"

apply() {
  kubectl create "$@" --dry-run=client --output yaml | kubectl apply --filename -
}
secret() {
  apply secret generic --namespace "$namespace" "$@"
}
apply namespace "$namespace"
secret alarena-tls --from-file "$folder/tls.crt" --from-file "$folder/tls.key" --from-file "$folder/ca.crt"
secret alarena-auth --from-file "$folder/tokens"
secret alarena-client --from-file "token=$folder/viewer.token"
secret alarena-nats --from-file "password=$folder/nats.password"
secret alarena-s3 --from-file "accessKey=$folder/s3.access" --from-file "secretKey=$folder/s3.secret"
echo "for the command line: --ca $folder/ca.crt --token-file $folder/admin.token"

#!/bin/bash
# Writes the manifests of Knative and Kourier as they stand in their modules; only the images are ours.
set -euo pipefail
. "$(dirname "$0")/settings.sh"
core=$(module "knative.dev/serving@$serving")/config/core
networking=$(module "knative.dev/networking@$serving_networking")/config
caching=$(module "knative.dev/caching@$serving_caching")/config
gateway=$(module "knative.dev/net-kourier@$kourier")/config

joined() {
  local file
  for file in "$@"; do
    printf -- '---\n'
    grep -v '^#' "$file"
  done | sed -E -e "s|ko://knative.dev/serving/cmd/([a-z]+)|dev.local/knative-\1:$serving|" \
    -e "s|ko://knative.dev/net-kourier/cmd/kourier|dev.local/kourier:$kourier|" \
    -e "s|image: .*envoyproxy/envoy:.*|image: dev.local/envoy:$envoy|"
}

# Some of the files are links that a module does not hold: they stand in two other modules.
joined "$core"/300-resources/*.yaml "$networking"/{certificate,domain-claim,ingress,serverlessservice}.yaml \
  "$caching"/image.yaml > "$manifests/serving-crds.yaml"
joined "$core"/{100-namespace,200-serviceaccount,300-knativecertificate,999-cache}.yaml "$core"/200-roles/*.yaml \
  "$core"/configmaps/*.yaml "$networking/config-network.yaml" "$core"/deployments/*.yaml "$core"/webhooks/*.yaml \
  > "$manifests/serving-core.yaml"
joined "$gateway"/*.yaml > "$manifests/kourier.yaml"

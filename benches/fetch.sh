#!/usr/bin/env bash
# Fetches the IPv4 and IPv6 ranges that the benchmarks are measured with into `benches/data`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
mkdir -p data
cd data
archive=$(npm pack --silent @ip-location-db/asn)
tar -xzf "$archive" --strip-components=1 \
    package/asn-ipv4-num.csv package/asn-ipv6-num.csv package/package.json
rm -- "$archive"

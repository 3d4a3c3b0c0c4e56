#!/bin/sh
# The namespace, its retention and the search attributes that support's lists use; repeatable.
set -eu
namespace=${NAMESPACE:-default}
tries=0
until temporal operator cluster health; do
  tries=$((tries + 1))
  [ "$tries" -lt 20 ] || exit 1
  sleep 3
done
temporal operator namespace describe -n "$namespace" >/dev/null 2>&1 \
  || temporal operator namespace create -n "$namespace" --retention 720h
temporal operator namespace update -n "$namespace" --retention 720h
for attribute in OrderNumber=Keyword OrderState=Keyword ServiceType=Keyword Region=Keyword \
    ClientId=Keyword ContractorId=Keyword NeedsAttention=Bool DueAt=Datetime; do
  # One that exists already is no fault.
  temporal operator search-attribute create -n "$namespace" \
    --name "${attribute%=*}" --type "${attribute#*=}" || true
done
temporal operator search-attribute list -n "$namespace"

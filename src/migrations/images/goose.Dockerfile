# check=skip=RedundantTargetPlatform
# Docker builds the last stage for the task's platform by itself; Podman has to be told (https://github.com/containers/buildah/issues/4742).

# The builder runs on the machine's own architecture and compiles for the task's, so no emulation is needed.
FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm@sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d AS engine
ARG GOOSE_VERSION=3.27.3
ARG TARGETARCH
ENV CGO_ENABLED=0 GOOS=linux GOARCH=${TARGETARCH} GOTOOLCHAIN=local
# Go compares every source with its public checksum database. Only the PostgreSQL driver is built. Cross-compiled programs land in a folder of their own below bin.
RUN go install -trimpath -ldflags='-s -w' \
      -tags='no_clickhouse no_libsql no_mssql no_mysql no_sqlite3 no_vertica no_ydb' \
      "github.com/pressly/goose/v3/cmd/goose@v${GOOSE_VERSION}" \
    && mkdir /engine && mv "$(find /go/bin -type f -name goose)" /engine/goose && chmod 0555 /engine/goose

FROM --platform=$TARGETPLATFORM node:24.20.0-bookworm-slim@sha256:ba849c60be29959425b8734d57b8b4b7d56f98edd9504c9af091d5281095a71e
WORKDIR /opt/runner
COPY --from=engine /engine/goose /usr/local/bin/goose
COPY --chmod=0444 rds-roots.pem index.js ./
COPY --chmod=0555 migrations ./migrations
# Everything it writes is below /tmp; the root file system can be read-only.
ENV NODE_ENV=production HOME=/tmp
USER 65532:65532
ENTRYPOINT ["node", "/opt/runner/index.js"]

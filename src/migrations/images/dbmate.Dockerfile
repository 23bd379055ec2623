# The builder runs on the machine's own architecture and fetches the binary for the task's, so no emulation is needed.
FROM --platform=$BUILDPLATFORM node:24.20.0-bookworm-slim@sha256:ba849c60be29959425b8734d57b8b4b7d56f98edd9504c9af091d5281095a71e AS engine
ARG DBMATE_VERSION=2.36.0
ARG TARGETARCH
WORKDIR /engine
# npm names architectures its own way: amd64 is x64 there.
RUN case "${TARGETARCH}" in amd64) cpu=x64 ;; *) cpu="${TARGETARCH}" ;; esac \
    && npm install --no-save --no-audit --no-fund --ignore-scripts --force --os=linux --cpu="$cpu" "@dbmate/linux-$cpu@${DBMATE_VERSION}" \
    && install -m 0555 "node_modules/@dbmate/linux-$cpu/bin/dbmate" /engine/dbmate

FROM node:24.20.0-bookworm-slim@sha256:ba849c60be29959425b8734d57b8b4b7d56f98edd9504c9af091d5281095a71e
WORKDIR /opt/runner
COPY --from=engine /engine/dbmate /usr/local/bin/dbmate
COPY --chmod=0444 rds-roots.pem index.js ./
COPY --chmod=0555 migrations ./migrations
# Everything it writes is below /tmp; the root file system can be read-only.
ENV NODE_ENV=production HOME=/tmp
USER 65532:65532
ENTRYPOINT ["node", "/opt/runner/index.js"]

# One small image with the one program, for every role: docker compose build
#
# The dependencies are compiled once: registry and target folder are kept between builds, outside of any layer.
FROM rust:1.95-slim-trixie AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package moodwire \
    && install -D -m 0755 target/release/moodwire /out/moodwire \
    && install -D -m 0644 /etc/ssl/certs/ca-certificates.crt /out/ca-certificates.crt

FROM debian:trixie-slim
# Nothing is installed: the program needs the C library and the authorities' certificates. /data is for an embedded database.
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data moodwire \
    && install -d -o moodwire -g moodwire /data
COPY --from=build /out/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/moodwire /usr/local/bin/moodwire
USER moodwire
ENV MOODWIRE_DATA_DIR=/data
WORKDIR /data
VOLUME /data
# Asks the three stores; a role that is up and cannot reach one is not healthy.
HEALTHCHECK --interval=10s --timeout=15s --start-period=60s --retries=3 CMD ["moodwire", "health"]
STOPSIGNAL SIGTERM
# In this form the program is process 1 and gets the signals itself.
ENTRYPOINT ["moodwire"]
CMD ["up"]

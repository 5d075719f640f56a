FROM rust:1.95-slim-trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked --package moodwire && cp target/release/moodwire /usr/local/bin/moodwire

FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home moodwire && install -d -o moodwire /data
COPY --from=build /usr/local/bin/moodwire /usr/local/bin/moodwire
USER moodwire
ENV MOODWIRE_DATA_DIR=/data
WORKDIR /data
VOLUME /data
ENTRYPOINT ["moodwire"]
CMD ["up"]

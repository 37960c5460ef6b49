# One image for every process; what it starts is the command: api (below), worker, migrate, operator commands.

FROM node:24-bookworm-slim AS manifest
WORKDIR /app
COPY package.json package-lock.json ./

FROM manifest AS build
RUN npm ci
COPY . .
RUN npm run build

FROM manifest AS dependencies
# The worker's native code comes for five platforms; one is ours.
RUN npm ci --omit=dev \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

FROM node:24-bookworm-slim
# The worker's native code takes certificate authorities from the system, which the slim image has none of.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production TZ=UTC
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json catalog.yaml ./
USER node
EXPOSE 3000
CMD ["node", "dist/cli/api.js"]

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    pool: "forks",
    // The thinking alone, by its own tests: what it decides is to be seen without any server.
    coverage: {
      include: ["domain/**"],
      exclude: ["tests/**"],
      thresholds: { lines: 95, branches: 95 },
      reporter: ["text"],
    },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["tests/{domain,providers,architecture,sandbox,api-unit}/**/*.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["tests/{cli,store,temporal,api,workflows,faults,docker,browser,end-to-end}/**/*.test.ts"],
          globalSetup: ["tests/setup/servers.ts"],
          fileParallelism: false,
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [tailwindcss(), svelte()],
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  build: { target: "es2022", chunkSizeWarningLimit: 900 },
  // Vitest would otherwise take Svelte's server build, which cannot mount anything.
  resolve: process.env.VITEST ? { conditions: ["browser"] } : {},
  // Dialogs are drawn slowly without a browser; a test that hangs is told from one on a busy machine.
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
    setupFiles: ["./src/test/setup.ts"],
    testTimeout: 60_000,
  },
});

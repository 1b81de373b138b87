import { defineConfig } from 'vite';

export default defineConfig({
  base: './', // files are found from where the entrypoint is
  build: {
    sourcemap: true, // kept privately with the release: edgeship errors names lines of source
    rollupOptions: {
      input: 'src/widget.js',
      preserveEntrySignatures: 'strict', // what chunks share is in a chunk of its own: none imports the entrypoint
      output: {
        entryFileNames: 'widget.js', // pages name it
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: '[name]-[hash][extname]',
      },
    },
  },
});

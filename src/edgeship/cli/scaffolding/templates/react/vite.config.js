import { defineConfig } from 'vite';
import react from '@vitejs/plugin-react';

export default defineConfig({
  plugins: [react()],
  base: './', // files are found from where the entrypoint is
  build: {
    sourcemap: true, // kept privately with the release: edgeship errors names lines of source
    rollupOptions: {
      input: 'src/widget.jsx',
      preserveEntrySignatures: 'strict', // what chunks share is in a chunk of its own: none imports the entrypoint
      output: {
        entryFileNames: 'widget.js', // pages name it
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: '[name]-[hash][extname]',
      },
    },
  },
});

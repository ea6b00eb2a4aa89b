#!/usr/bin/env node
// The `alarena` command. Checks the Node version before anything that may need it is loaded.

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (!((major === 20 && minor >= 19) || major === 21 || major === 22)) {
  process.stderr.write(`alarena needs Node 20 (20.19 or later) or 22; this is ${process.versions.node}\n`);
  process.exit(2);
}
process.setSourceMapsEnabled(true);
const { main } = await import('../dist/main.js').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write(`alarena is not built yet; build it with: npm run build\n${error.message}\n`);
  process.exit(1);
});
process.exitCode = await main(process.argv.slice(2));

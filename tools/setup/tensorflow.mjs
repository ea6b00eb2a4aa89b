// Native TensorFlow for tfjs-node's binding. tfjs-node's own download is libtensorflow 2.9.1; its C++ binding
// compiles unchanged against the library inside TensorFlow's Python wheel, which is twelve minor versions newer.
// Library and binding stay in the cache folder, so that only a new machine pays.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, digestOf, has, root, run, SetupError, say } from './process.mjs';

const version = '2.21.0';

/** The wheel of each platform, by digest. Any Python can unpack it: only the C library inside is used. */
const wheels = {
  'linux-x64': {
    package: 'tensorflow-cpu',
    platform: 'manylinux_2_27_x86_64',
    sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
  },
  'linux-arm64': {
    package: 'tensorflow',
    platform: 'manylinux_2_27_aarch64',
    sha256: 'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
  },
};

const wanted = [
  'tensorflow/libtensorflow_cc.so.2',
  'tensorflow/libtensorflow_framework.so.2',
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/platform/ctstring',
  'tensorflow/include/tsl/platform/ctstring',
  'tensorflow/include/xla/tsl/c/',
];

const unpack = `
import sys, zipfile
wheel, folder, *wanted = sys.argv[1:]
with zipfile.ZipFile(wheel) as z:
    z.extractall(folder, [n for n in z.namelist() if n.startswith(tuple(wanted)) and n.endswith(('.h', '.so.2'))])
`;

const tfjs = join(root, 'node_modules/@tensorflow/tfjs-node');
const installed = join(tfjs, 'lib/napi-v8/tfjs_binding.node');

/** Puts a working binding into node_modules, from the cache where possible. */
export function ensureTensorflow() {
  const wheel = wheels[`${process.platform}-${process.arch}`];
  const missing =
    wheel === undefined ? [`a TensorFlow wheel for ${process.platform}-${process.arch}`] : missingPrograms();
  const library = join(cacheFolder, `tensorflow-${version}`);
  const sources = digestOf([join(tfjs, 'binding')]).slice(0, 12);
  const binding = join(library, `tfjs_binding-${sources}.node`);
  const haveLibrary = existsSync(join(library, 'tensorflow/libtensorflow_cc.so.2'));
  if (!(haveLibrary && existsSync(binding)) && missing.length > 0) return installPrebuilt(missing);
  if (!haveLibrary) unpackLibrary(wheel, library);
  if (!existsSync(binding)) compile(library, binding);
  // The runtime path of the binding names the cache folder, so a copy made for another one must go.
  const marker = `${installed}.from`;
  if (existsSync(installed) && existsSync(marker) && readFileSync(marker, 'utf8') === binding) return;
  mkdirSync(join(tfjs, 'lib/napi-v8'), { recursive: true });
  copyFileSync(binding, installed);
  writeFileSync(marker, binding);
}

function missingPrograms() {
  const missing = [];
  if (!has('python3')) missing.push('python3');
  else if (!has('python3', ['-m', 'pip', '--version'])) missing.push('pip (python3 -m pip)');
  if (!has('g++')) missing.push('g++');
  return missing;
}

function unpackLibrary(wheel, library) {
  say(`getting TensorFlow ${version} (a wheel of 274 MB; once for this machine)`);
  mkdirSync(cacheFolder, { recursive: true });
  const work = mkdtempSync(join(cacheFolder, 'tensorflow-'));
  try {
    const requirements = join(work, 'requirements.txt');
    writeFileSync(requirements, `${wheel.package}==${version} --hash=sha256:${wheel.sha256}\n`);
    run('python3', [
      ...[
        '-m',
        'pip',
        'download',
        '--no-deps',
        '--only-binary=:all:',
        '--disable-pip-version-check',
        '--no-cache-dir',
      ],
      ...[
        '--python-version',
        '3.12',
        '--implementation',
        'cp',
        '--abi',
        'cp312',
        '--platform',
        wheel.platform,
      ],
      ...['--require-hashes', '-r', requirements, '-d', work],
    ]);
    const file = readdirSync(work).find((name) => name.endsWith('.whl'));
    if (file === undefined) throw new SetupError('pip has downloaded no wheel');
    const unpacked = join(work, 'unpacked');
    run('python3', ['-c', unpack, join(work, file), unpacked, ...wanted]);
    // Another set-up may have been quicker; both have the same bytes.
    if (!existsSync(library)) renameSync(unpacked, library);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function compile(library, binding) {
  say('compiling the TensorFlow binding (about 15 s; once for this machine)');
  const tensorflow = join(library, 'tensorflow');
  const sources = readdirSync(join(tfjs, 'binding')).filter((name) => name.endsWith('.cc'));
  const temporary = `${binding}.${process.pid}`;
  run('g++', [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
    `-I${join(tensorflow, 'include')}`,
    `-I${join(root, 'node_modules/node-api-headers/include')}`,
    `-I${join(tfjs, '..')}`,
    ...sources.map((name) => join(tfjs, 'binding', name)),
    ...['-o', temporary, `-L${tensorflow}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    `-Wl,-rpath,${tensorflow}`,
  ]);
  renameSync(temporary, binding);
}

/** tfjs-node's own way: an older TensorFlow, prebuilt, from its own server. */
function installPrebuilt(missing) {
  if (existsSync(installed)) return;
  say(`missing here: ${missing.join(', ')}; trying tfjs-node's own prebuilt TensorFlow instead`);
  try {
    run('npm', ['rebuild', '--ignore-scripts=false', '@tensorflow/tfjs-node']);
  } catch {
    throw new SetupError(
      `TensorFlow could not be set up: install ${missing.join(' and ')} and try again ` +
        "(tfjs-node's own prebuilt TensorFlow could not be downloaded either)",
    );
  }
  if (!existsSync(installed)) {
    throw new SetupError(`TensorFlow could not be set up: install ${missing.join(' and ')} and try again`);
  }
}

// `npm run bench:bundles`: what each function's bundle is made of, by dependency, from esbuild's own account. The budgets are held by
// test/stack/bundles.test.ts.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Metafile } from 'esbuild'
import { bundleFunction } from '../scripts/bundle.ts'
import { type Bench, runAlone } from './report.ts'
import { byEsbuild, plainly } from './runtime/bundles.ts'

const OURS = 'this project'
const packageOf = (path: string): string =>
  /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? (path.startsWith('lambda/') ? OURS : 'glue')

/** kB of the output, by package, the largest first. */
const sharesOf = ({ outputs }: Metafile): readonly (readonly [name: string, kB: number])[] => {
  const shares = new Map<string, number>()
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = packageOf(path)
      shares.set(name, (shares.get(name) ?? 0) + bytesInOutput / 1000)
    }
  }
  return [...shares].toSorted(([, one], [, other]) => other - one)
}

const SHOWN = 5

export const benchBundles: Bench = async () => {
  const root = await mkdtemp(join(tmpdir(), 'm2m-bundles-'))
  const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
  try {
    const handlers = (await readdir(path('../lambda/handlers'))).filter((file) => /^on-.+\.ts$/.test(file))
    const rows = await Promise.all(
      handlers.map(async (file) => {
        const name = file.replace(/\.ts$/, '')
        const { code, metafile } = await bundleFunction(path(`../lambda/handlers/${file}`), join(root, name))
        const shares = sharesOf(metafile)
        const own = shares.find(([share]) => share === OURS)?.[1] ?? 0
        const others = shares.filter(([share]) => share !== OURS)
        const rest = others.slice(SHOWN).reduce((sum, [, kB]) => sum + kB, 0)
        const made = others.slice(0, SHOWN).map(([share, kB]) => `${share} ${kB.toFixed(0)}`)
        return {
          name,
          kB: code.length / 1000,
          gzipped: gzipSync(code).length / 1000,
          own,
          made: `${made.join(', ')}${rest < 1 ? '' : `, others ${rest.toFixed(0)}`}`,
        }
      }),
    )
    const usual = [
      await byEsbuild('usual choice of the vendor', join(root, 'usual'), plainly(path('runtime/forms/usual.ts'))),
      await byEsbuild(
        '`stytch` SDK and Powertools, rotation',
        join(root, 'sdk'),
        plainly(path('rotation/vendor-sdk.ts')),
      ),
      await byEsbuild('AWS’s template, rotation', join(root, 'template'), plainly(path('rotation/template.ts'))),
    ]
    const sizeOf = (name: string): number => rows.find((row) => row.name === name)?.kB ?? Number.NaN
    return {
      tables: [
        {
          title: 'Bundles by dependency, kB',
          columns: ['function', 'kB', 'gzipped', OURS, 'of others'],
          rows: [
            ...rows
              .toSorted((one, other) => one.kB - other.kB)
              .map(({ name, kB, gzipped, own, made }) => [
                `\`${name}\``,
                kB.toFixed(0),
                gzipped.toFixed(0),
                own.toFixed(0),
                made,
              ]),
            ...usual.map(({ name, kB }) => [`${name} (for comparison)`, kB.toFixed(0), '', '', '']),
          ],
        },
      ],
      ratios: {
        'bundles: vendor, of the usual choice': sizeOf('on-vend') / (usual[0]?.kB ?? Number.NaN),
        'bundles: rotation, of the SDK’s': sizeOf('on-rotation') / (usual[1]?.kB ?? Number.NaN),
      },
    }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

if (import.meta.main) await runAlone(benchBundles)

// How the tests run: Node, four files at a time, since most of them wait for a reply or a process. Rooms whose tests start processes, kill
// them or change the environment have one process a file (a leaked handle must not outlive its file); the others share theirs, so that what
// they all import is loaded four times and not two hundred. Names are imported, not global. Files named `*.long.test.ts` belong to
// `npm run test:long` (vitest.long.config.ts). Built and synthesised copies are never picked up.
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Tests start hundreds of processes, each of which would compile the same TypeScript and the same SDK again.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('./node_modules/.cache/compiled', import.meta.url))

/** Rooms that get one process a file. */
const apart = [
  'test/{bench,crash,docs,e2e,handlers,scripts}/**/*.test.ts',
  'test/local/{laptop,page,runner}/**/*.test.ts',
]

/** The rooms that take longest, first: a file that runs alone at the end would keep one processor idle. */
const longest = ['/test/crash/', '/test/e2e/', '/test/scripts/', '/test/docs/', '/test/stack/']

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((room) => moduleId.includes(room))
      return at === -1 ? longest.length : at
    }
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => rank(one) - rank(other))
  }
}

/** They end what hangs, and judge no speed: a busy machine needs a minute for what takes seconds. */
const timeouts = { testTimeout: 120_000, hookTimeout: 120_000, teardownTimeout: 5_000 }

const exclude = ['**/node_modules/**', '**/dist/**', '**/cdk.out/**']

/** CI says at its end which test needed a second try (scripts/check.ts); anywhere else none gets one. */
const retry = process.env.CI === 'true' ? 1 : 0

const everywhere = {
  environment: 'node',
  pool: 'forks',
  globals: false,
  retry,
  globalSetup: 'test/temporary-folder.ts',
  ...timeouts,
} as const

/** One process a file. */
export const alone = { ...everywhere, exclude }

const short = [...exclude, '**/*.long.test.ts']

export default defineConfig({
  test: {
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...everywhere,
          name: 'shared',
          include: ['test/**/*.test.ts'],
          exclude: [...short, ...apart],
          isolate: false,
        },
      },
      { test: { ...everywhere, name: 'apart', include: apart, exclude: short } },
    ],
  },
})

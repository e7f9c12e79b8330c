// What the documents point at exists: every page of the runbook that a notice names, every relative link with its heading, and every
// shell function that a command uses. Judges the files as they are, and proves on planted text that it can fail.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { isAbout } from '../../lambda/core/secret/request-token.ts'
import { childEnv } from '../child-env.ts'
import { startTestLaptop } from '../fakes/laptop.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(repository, path), 'utf8')

const filesBelow = (directory: string, ending: string): readonly string[] =>
  readdirSync(join(repository, directory), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => `${directory}/${path.replaceAll('\\', '/')}`)

const withoutCode = (markdown: string): string => markdown.replace(/^```[\s\S]*?^```/gm, '')

/** As GitHub makes them: lower case, no punctuation, a hyphen for each space. */
const anchorsIn = (markdown: string): ReadonlySet<string> =>
  new Set(
    [...withoutCode(markdown).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) =>
      heading
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

interface Page {
  readonly path: string
  readonly text: string
}

/** @returns `page → link` of each relative link that leads nowhere. */
const deadLinks = ({ path, text }: Page): readonly string[] =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return []
    const [file = '', anchor] = link.split('#', 2)
    const target = file === '' ? path : relative(repository, resolve(repository, dirname(path), file))
    if (target !== path && !existsSync(join(repository, target))) return [`${path} → ${link}`]
    if (anchor === undefined || !target.endsWith('.md')) return []
    const markdown = target === path ? text : read(target)
    return anchorsIn(markdown).has(anchor) ? [] : [`${path} → ${link}`]
  })

const pages = ['README.md', ...filesBelow('docs', '.md')].sort()

test.each(pages)('every relative link of %s leads to a file and a heading', (path) => {
  expect(deadLinks({ path, text: read(path) })).toEqual([])
})

test.each([
  ['[a](nowhere.md)', 'docs/x.md → nowhere.md'],
  ['[a](runbook.md#nowhere)', 'docs/x.md → runbook.md#nowhere'],
  ['[a](#nowhere)', 'docs/x.md → #nowhere'],
  ['[a](../README.md#nowhere)', 'docs/x.md → ../README.md#nowhere'],
])('a link to nowhere is found: %s', (text, expected) => {
  expect(deadLinks({ path: 'docs/x.md', text: `# Here\n${text}\n` })).toEqual([expected])
})

test.each([
  '[a](runbook.md#break-glass-used)',
  '[a](#here-it-is)',
  '[a](decisions)',
  '[a](https://example.com/x.md#y)',
])('a good link passes: %s', (text) => {
  expect(deadLinks({ path: 'docs/x.md', text: `# Here, it is!\n${text}\n` })).toEqual([])
})

describe('the runbook', () => {
  const runbook = read('docs/runbook.md')
  const anchors = anchorsIn(runbook)
  const sources = filesBelow('lib', '.ts').map(read)

  const named = new Set<string>([
    ...sources.flatMap((text) => [
      ...[...text.matchAll(/page: '([^']+)'/g)].map(([, page = '']) => page),
      ...[...text.matchAll(/runbook\.md#([a-z-]+)/g)].map(([, page = '']) => page),
    ]),
  ])

  test('has a page for every notice', () => {
    expect([...named].sort()).toEqual(
      expect.arrayContaining(['break-glass-used', 'dead-letters', 'drift', 'registration-failed', 'rotation-failed']),
    )
    expect([...named].filter((page) => !anchors.has(page))).toEqual([])
  })

  test('quotes what a notice says, so that a search finds the page', () => {
    const says = sources.flatMap((text) => [...text.matchAll(/says: (['"])(.+?)\1,$/gm)].map(([, , what = '']) => what))

    expect(says.length).toBeGreaterThanOrEqual(10)
    const plain = (text: string): string => text.replace(/\W+/g, ' ').toLowerCase()
    const opening = (what: string): string => plain(what).split(' ').slice(0, 4).join(' ')
    expect(says.filter((what) => !plain(runbook).includes(opening(what)))).toEqual([])
  })

  test('tells of each page what one sees, what it means, what to do and what comes after', () => {
    const sections = runbook.split(/^## /m).slice(1)
    const entries = sections.filter((section) => !/^(You have a leak|All pages|Before anything)/.test(section))

    expect(entries.length).toBeGreaterThanOrEqual(11)
    for (const entry of entries) {
      for (const part of ['**You see**', '**It means**', '**Do**', '**Afterwards**']) {
        expect(entry, entry.split('\n')[0]).toContain(part)
      }
    }
  })

  test('begins with a leak: what to type, how it looks when it is over, and what each other end asks for', () => {
    const [, first = ''] = runbook.split(/^## /m)
    const lines = first.split('\n')

    expect(lines[0]).toBe('You have a leak')
    expect(runbook.split('\n').indexOf('## You have a leak')).toBeLessThan(10)
    expect(lines.length).toBeLessThan(40)
    expect(lines.filter((line) => /^\d\. /.test(line))).toHaveLength(6)
    expect(first).toContain('**It is over** when it ends with `Incident INC-…: what leaked is dead.`')
    // In the words of the command itself.
    const commands = filesBelow('bin', '.ts').map(read).join('')
    for (const words of ['what leaked is dead', 'is refused by Stytch; the sweep confirms it', 'Waiting: ', 'ALIVE']) {
      expect(first).toContain(words)
      expect(commands).toContain(words)
    }
    for (const words of ['are frozen (all)', 'by slots: ', 'carried out from here', 'you may not invoke']) {
      expect(first).toContain(words)
      expect(commands).toContain(words)
    }
    for (const words of [
      'Is this the same incident?',
      'when activated: ',
      ' in its overlap: ',
      'did not take the report',
    ]) {
      expect(first).toContain(words)
      expect(commands).toContain(words)
    }
  })

  const shell = [...runbook.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, code = '']) => code)

  test('a shell can read its commands', () => {
    for (const code of shell) {
      const { stderr } = spawnSync('sh', ['-n'], { input: code, encoding: 'utf8' })
      expect(stderr, code).toBe('')
    }
  })

  test('puts no secret on a command line, where every user of the machine can read it', () => {
    const code = shell.join('\n')

    expect(code).not.toMatch(/curl[^\n]*(-u|--user)\b/)
    expect(code).not.toMatch(/--secret-string (?!file:\/\/\/dev\/stdin)/)
    expect(code).not.toMatch(/SecretString[^\n]*--output text *$/m)
  })

  test.skipIf(spawnSync('curl', ['--version']).status !== 0)(
    'its commands with curl alone look at a secret, and revoke it',
    { timeout: 60_000 },
    async () => {
      const laptop = await startTestLaptop({
        hasVendClient: true,
        onLog: () => {},
      })
      const [section = ''] = shell.filter((code) => code.startsWith('call() {'))
      const { aws, region } = laptop.address
      const child = spawn('sh', ['-c', section], {
        env: childEnv({
          AWS_ENDPOINT_URL: aws,
          AWS_REGION: region,
          AWS_ACCESS_KEY_ID: 'operator',
          AWS_SECRET_ACCESS_KEY: 'x',
          SECRET: 'm2m/laptop/reports',
        }),
      })
      let said = ''
      child.stdout.on('data', (chunk) => {
        said += String(chunk)
      })
      try {
        await new Promise((resolve) => child.on('close', resolve))
        await laptop.aws.idle()
        const current = laptop.aws
          .peek('m2m/laptop/reports')
          ?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))

        expect(said).toMatch(/"VersionIdsToStages".*"VersionId":"revoke-\d{13}-\d{3}-[0-9a-f]{28}"/s)
        expect(current?.id).toMatch(/^revoke-/)
      } finally {
        await laptop.close()
      }
    },
  )

  test('its token function makes a token that carries the intent', () => {
    const [, source = ''] = /^(token\(\) \{[\s\S]*?"\$2"; \})$/m.exec(runbook) ?? []
    const { stdout } = spawnSync('sh', ['-c', `SECRET=arn:x\n${source}\ntoken revoke INC-42`], {
      cwd: repository,
      encoding: 'utf8',
    })

    expect(stdout).toMatch(/^revoke-\d{13}-\d{3}-[0-9a-f]{28}\n$/)
  })

  test('a settle that it asks for is about the version that is AWSCURRENT', () => {
    const functions = /^token\(\) \{[\s\S]*?^rotation\(\) \{.*$/m.exec(runbook)?.[0] ?? ''
    const aws = `aws() { if [ "$2" = describe-secret ]; then echo '{"old":["AWSPREVIOUS"],"v-7":["AWSCURRENT"]}'; else echo "$6"; fi; }`
    const { stdout } = spawnSync('sh', ['-c', `SECRET=arn:x\n${aws}\n${functions}\nrotation settle`], {
      cwd: repository,
      encoding: 'utf8',
    })

    expect(isAbout(stdout.trim(), { secretArn: 'arn:x', about: 'v-7' })).toBe(true)
  })
})

// The patterns that docs/detectors hands to GitHub and GitGuardian, taken from those pages and run on samples: a client's id with its
// secret as people write them down, and what only looks like it. Each in the syntax that its scanner takes.
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { detectorSlug } from '../../lambda/core/intake/leak-alert.ts'
import { incidentDefaults } from '../../lib/config/incident-config.ts'

const pageOf = (name: string): string =>
  readFileSync(new URL(`../../docs/detectors/${name}.md`, import.meta.url), 'utf8')
const github = pageOf('github')
const gitguardian = pageOf('gitguardian')

/** The text of the block that carries this name. */
const block = (page: string, name: string): string => {
  const found = new RegExp(`\`\`\`text ${name}\\n(.*)\\n\`\`\``).exec(page)?.[1]
  if (found === undefined) throw new Error(`no block ${name}`)
  return found
}

/** The same expression, as JavaScript writes it. */
const inJavaScript = (pattern: string): string =>
  pattern.replaceAll('\\A', '(?<![\\s\\S])').replaceAll('\\z', '(?![\\s\\S])').replaceAll('(?P<', '(?<')

const githubPatterns = ['', '-reversed'].map((which) => {
  const [before, secret, after] = ['before', 'secret', 'after'].map((field) =>
    block(github, `github-${field}${which}`),
  ) as [string, string, string]
  return { before, secret, after }
})

const behind = block(gitguardian, 'gitguardian-look-behind')
const ahead = block(gitguardian, 'gitguardian-look-ahead')
const gitguardianPatterns = ['', '-reversed'].map((which) => block(gitguardian, `gitguardian-pattern${which}`))

type Find = (text: string) => string | undefined

const findFirst =
  (expressions: readonly RegExp[]): Find =>
  (text) =>
    expressions.map((one) => one.exec(text)?.groups?.client_secret).find((found) => found !== undefined)

const scanners: readonly (readonly [string, Find])[] = [
  [
    'GitHub',
    findFirst(
      githubPatterns.map(
        ({ before, secret, after }) =>
          new RegExp(`(?:${inJavaScript(before)})(?<client_secret>${secret})(?:${inJavaScript(after)})`),
      ),
    ),
  ],
  ['GitGuardian', findFirst(gitguardianPatterns.map((one) => new RegExp(`${behind}${inJavaScript(one)}${ahead}`)))],
]

const secretOf = (): string => randomBytes(33).toString('base64url')

type Sample = readonly [name: string, write: (id: string, secret: string) => string]

const positives: readonly Sample[] = [
  ['an .env file', (id, secret) => `STYTCH_CLIENT_ID=${id}\nSTYTCH_CLIENT_SECRET=${secret}\n`],
  ['an .env file, the secret first', (id, secret) => `STYTCH_CLIENT_SECRET=${secret}\nSTYTCH_CLIENT_ID=${id}`],
  ['an .env file with quotes', (id, secret) => `export CLIENT_ID="${id}"\r\nexport CLIENT_SECRET='${secret}'`],
  [
    'what the secret holds',
    (id, secret) =>
      JSON.stringify({
        client_id: id,
        client_secret: secret,
        project_id: `project-test-${randomUUID()}`,
        token_url: '',
      }),
  ],
  ['pretty JSON', (id, secret) => JSON.stringify({ client_id: id, client_secret: secret }, undefined, 4)],
  ['YAML', (id, secret) => `stytch:\n  client_id: ${id}\n  client_secret: ${secret}\n  scope: read:things\n`],
  ['Terraform', (id, secret) => `  client_id     = "${id}"\n  client_secret = "${secret}"\n`],
  ['curl', (id, secret) => `curl -u ${id}:${secret} https://test.stytch.com/v1/public/project-test-1/oauth2/token`],
  [
    'a form',
    (id, secret) => `curl -d 'grant_type=client_credentials&client_id=${id}&client_secret=${secret}&scope=read:things'`,
  ],
  ['JavaScript', (id, secret) => `new M2m({ clientId: '${id}', // billing\n  clientSecret: \`${secret}\` })`],
  ['a table', (id, secret) => `| billing | ${id} | ${secret} |`],
  [
    'a log line, 150 characters between',
    (id, secret) => `token for ${id} ${'.'.repeat(150)} with ${secret}, which expires`,
  ],
]

const negatives: readonly Sample[] = [
  ['an id alone', (id) => `client_id: ${id}\nscopes: [read:things]\n`],
  ['a secret alone', (_, secret) => `KEY=${secret}\n`],
  ['two ids', (id) => `${id} ${id.split('').reverse().join('')}`],
  ['an id in the lock of a package', (id) => `${id}\nresolved: sha1-${'a'.repeat(40)}`],
  ['a SHA-256', (id) => `${id} ${randomBytes(32).toString('hex')}`],
  ['a shorter value', (id, secret) => `${id}:${secret.slice(1)}`],
  ['a longer value', (id, secret) => `${id}:${secret}x`],
  ['a longer value with a dash', (id, secret) => `${id}:${secret}-x`],
  ['300 characters between', (id, secret) => `${id} ${'. '.repeat(150)} ${secret}`],
  ['another kind of client', (id, secret) => `${id.replace('m2m-client-', 'user-')}:${secret}`],
  ['a cut id', (id, secret) => `${id.slice(0, -1)}:${secret}`],
  ['a UUID', (id) => `${id} ${randomUUID()}`],
]

const ids: readonly (readonly [string, () => string])[] = [
  ['Stytch makes, test', () => `m2m-client-test-${randomUUID()}`],
  ['Stytch makes, live', () => `m2m-client-live-${randomUUID()}`],
  ['the registrar makes', () => `m2m-client-${randomBytes(16).toString('hex')}`],
]

describe.each(scanners)('%s', (_, find) => {
  describe.each(ids)('with an id that %s', (__, idOf) => {
    test.each(positives)('finds the value, and nothing else, in %s', (___, write) => {
      for (let times = 0; times < 20; times += 1) {
        const secret = secretOf()

        expect(secret).toHaveLength(44)
        expect(find(write(idOf(), secret))).toBe(secret)
      }
    })

    test.each(negatives)('finds nothing in %s', (___, write) => {
      for (let times = 0; times < 20; times += 1) expect(find(write(idOf(), secretOf()))).toBeUndefined()
    })
  })
})

describe('the syntax', () => {
  test('for GitHub is Hyperscan’s: nothing looks around, goes back, or is possessive or atomic', () => {
    for (const part of githubPatterns.flatMap(({ before, secret, after }) => [before, secret, after])) {
      expect(part).not.toMatch(/\(\?[=!<>]|\\[1-9bBGKQX]|[*+?}]\+|\(\?\w*[-\w]*\)/)
    }
  })

  test('for GitGuardian has one named group, and no other', () => {
    for (const pattern of gitguardianPatterns) {
      expect(pattern.match(/\(\?P<\w+>/g)).toEqual(['(?P<client_secret>'])
      expect(pattern.match(/\((?!\?)/g)).toBeNull()
    }
  })
})

test('the intake follows what the pages name', () => {
  const named = [github, gitguardian].map((page) =>
    [...page.matchAll(/^## (.+)$/gm)]
      .map(([, title = '']) => detectorSlug(title))
      .filter((slug) => slug.startsWith('stytch_')),
  )

  expect(named).toEqual([incidentDefaults.watched, incidentDefaults.watched])
})

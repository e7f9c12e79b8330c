// Which secrets are a stage's: the own prefix, those beside it, what an extra prefix may be, and lists that go through all of them.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import type { ListQuery, SecretPage } from '../../../lambda/core/secret/secrets.ts'
import {
  candidateNames,
  extraPrefixFaults,
  fullNameOf,
  isNameOfStage,
  isOfStage,
  listStage,
  listTaggedOfStage,
  outsideFault,
  shortNameOf,
  stagePages,
} from '../../../lambda/core/secret/stage-secrets.ts'
import { makeSecret } from '../../fakes/managed-secret.ts'

const stage = { secretNamePrefix: 'm2m/prod/', extraPrefixes: ['legacy/', 'old/billing/'] }
const own = { secretNamePrefix: 'm2m/prod/' }

const secret = (name: string, tags: Secret['tags'] = {}): Secret => makeSecret({ name, tags }).secret

describe('a name', () => {
  test.each([
    ['m2m/prod/billing', true],
    ['legacy/billing', true],
    ['old/billing/worker', true],
    ['old/reports', false],
    ['legacybilling', false],
    ['m2m/staging/billing', false],
  ])('%s: %s', (name, isIts) => {
    expect(isNameOfStage(stage, name)).toBe(isIts)
  })

  test('is said without the own prefix alone, and means one secret', () => {
    const names = ['m2m/prod/billing', 'legacy/billing', 'm2m/prod/legacy/billing', 'm2m/prod/m2m/prod/x']

    const short = names.map((name) => shortNameOf(stage, name))

    expect(short).toEqual(['billing', 'legacy/billing', 'm2m/prod/legacy/billing', 'm2m/prod/m2m/prod/x'])
    expect(short.map((name) => fullNameOf(stage, name))).toEqual(names)
  })

  test('is looked for below the own prefix first', () => {
    expect(candidateNames(stage, 'billing')).toEqual(['m2m/prod/billing', 'legacy/billing', 'old/billing/billing'])
    expect(candidateNames(own, 'billing')).toEqual(['m2m/prod/billing'])
  })
})

test('below an extra prefix only what was adopted is the stage’s', () => {
  expect(isOfStage(stage, secret('m2m/prod/billing'))).toBe(true)
  expect(isOfStage(stage, secret('legacy/billing', { 'm2m:client-id': 'c' }))).toBe(true)
  expect(isOfStage(stage, secret('legacy/database', { team: 'm2m' }))).toBe(false)
  expect(isOfStage(own, secret('legacy/billing', { 'm2m:client-id': 'c' }))).toBe(false)
})

test('a secret outside is said with the prefix that would have to be opened, by name or ARN', () => {
  const said = outsideFault(stage, 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:team/a/billing-AbCdEf')

  expect(said).toContain('team/a/billing is outside of this stage')
  expect(said).toContain('(m2m/prod/, legacy/, old/billing/)')
  expect(said).toContain('add "team/a/" to "extraPrefixes"')
  expect(outsideFault(stage, 'billing')).not.toContain('extraPrefixes')
})

describe('an extra prefix', () => {
  test.each([
    ['legacy', 'is malformed'],
    ['/legacy/', 'is malformed'],
    ['legacy//', 'is malformed'],
    ['legacy*/', 'is malformed'],
    ['le gacy/', 'is malformed'],
    ['', 'is malformed'],
    ['/', 'is malformed'],
    [`${'x'.repeat(48)}/`, 'is malformed'],
    ['m2m/prod/', "overlaps with the stage's own prefix"],
    ['m2m/', "overlaps with the stage's own prefix"],
    ['m2m/prod/sub/', "overlaps with the stage's own prefix"],
  ])('%j is refused: %s', (prefix, why) => {
    expect(extraPrefixFaults('m2m/prod/', [prefix])).toEqual([[0, expect.stringContaining(why)]])
  })

  test('may not overlap with another; each fault is said with its place', () => {
    expect(extraPrefixFaults('m2m/prod/', ['legacy/', 'legacy/a/', 'old', 'legacy/'])).toEqual([
      [1, expect.stringContaining('overlaps with "legacy/"')],
      [2, expect.stringContaining('is malformed')],
      [3, expect.stringContaining('overlaps with "legacy/"')],
    ])
  })

  test.each(['legacy/', 'team_a/m2m.v1/', `${'x'.repeat(47)}/`, 'm2m/staging/'])('%j is taken', (prefix) => {
    expect(extraPrefixFaults('m2m/prod/', [prefix])).toEqual([])
  })
})

describe('a list', () => {
  /** Two secrets a page, tokens that look like the pages' own. */
  const lister = (names: readonly string[]) => {
    const asked: (readonly [string, string | undefined])[] = []
    return {
      asked,
      list: async (prefix: string, { page }: ListQuery = {}): Promise<SecretPage> => {
        asked.push([prefix, page])
        const below = names.filter((name) => name.startsWith(prefix))
        const from = page === undefined ? 0 : Number(page)
        const next = from + 2 < below.length ? String(from + 2) : undefined
        const tags = { 'm2m:client-id': 'c' }
        return { secrets: below.slice(from, from + 2).map((name) => secret(name, tags)), nextPage: next }
      },
    }
  }
  const readAll = async (secrets: ReturnType<typeof lister>, of = stage as typeof own): Promise<readonly string[]> => {
    const found: string[] = []
    let page: string | undefined
    do {
      const reply = await listStage(secrets, of, { page })
      found.push(...reply.secrets.map(({ name }) => name))
      page = reply.nextPage
    } while (page !== undefined)
    return found
  }

  test('goes through every prefix, page by page, and through no secret twice', async () => {
    const names = ['m2m/prod/a', 'm2m/prod/b', 'm2m/prod/c', 'legacy/a', 'legacy/b', 'legacy/c', 'old/billing/a', 'x/a']

    expect(await readAll(lister(names))).toEqual(names.slice(0, -1))
  })

  test('goes on below the others when the own prefix has nothing', async () => {
    expect(await readAll(lister(['old/billing/a']))).toEqual(['old/billing/a'])
  })

  test('of a stage with one prefix is that prefix’s, with AWS’s own tokens', async () => {
    const secrets = lister(['m2m/prod/a', 'm2m/prod/b', 'm2m/prod/c', 'legacy/a'])

    expect(await readAll(secrets, own)).toEqual(['m2m/prod/a', 'm2m/prod/b', 'm2m/prod/c'])
    expect(secrets.asked).toEqual([
      ['m2m/prod/', undefined],
      ['m2m/prod/', '2'],
    ])
  })

  test('leaves out what nobody adopted, and ends for a prefix that is gone', async () => {
    const secrets = { list: async () => ({ secrets: [secret('legacy/database')], nextPage: undefined }) }

    expect(await listStage(secrets, stage, { page: '#1#' })).toEqual({ secrets: [], nextPage: '#2#' })
    expect(await listStage(secrets, own, { page: '#1#' })).toEqual({ secrets: [], nextPage: undefined })
  })

  test('by a tag asks below each prefix', async () => {
    const asked: string[] = []
    const listTagged = async (prefix: string, value: string) => {
      asked.push(prefix)
      return [secret(`${prefix}x`, { 'm2m:client-id': value }), secret(`${prefix}y`)]
    }

    const found = await listTaggedOfStage({ listTagged }, stage, 'c')

    expect(asked).toEqual(['m2m/prod/', 'legacy/', 'old/billing/'])
    expect(found.map(({ name }) => name)).toEqual(['m2m/prod/x', 'm2m/prod/y', 'legacy/x', 'old/billing/x'])
  })
})

describe('every secret of a stage, page by page', () => {
  const lost = new Fault({ code: 'LIST_TOKEN_LOST', retryable: false, message: 'InvalidNextTokenException' })
  const named = (name: string) => secret(`m2m/prod/${name}`)
  const pages = { first: { secrets: [named('a'), named('b')], nextPage: '2' }, last: [named('b'), named('c')] }
  /** The second page is lost so many times. */
  const listing = (times: number) => {
    let left = times
    return {
      list: async (_prefix: string, { page }: { readonly page?: string | undefined } = {}) => {
        if (page === undefined) return pages.first
        left -= 1
        if (left >= 0) throw lost
        return { secrets: pages.last, nextPage: undefined }
      },
    }
  }
  const namesOf = async (times: number): Promise<readonly string[]> => {
    const names: string[] = []
    for await (const page of stagePages(listing(times), own)) names.push(...page.map(({ name }) => name.slice(9)))
    return names
  }

  test.each([0, 1, 2])('is shown once, where the paging token is lost %d times', async (times) => {
    expect(await namesOf(times)).toEqual(['a', 'b', 'c'])
  })

  test('is not to be had where it is lost every time', async () => {
    await expect(namesOf(3)).rejects.toBe(lost)
  })
})

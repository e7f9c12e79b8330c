// A file for `m2m apply`: what it may hold, and that every fault of it is told at once, with its line.
import { describe, expect, test } from 'vitest'
import { assertPeriods, readClientsFile, toDeclared } from '../../bin/apply/clients-file.ts'
import { CommandFault, EXIT } from '../../bin/terminal/command-fault.ts'

const view = {
  projectId: 'project-test-1',
  secretNamePrefix: 'm2m/prod/',
  rotationFunctionArn: 'arn:f',
  tokenUrl: 'https://test.stytch.com/token',
  backstop: { everyDays: 60 },
  periodHours: 720,
  overlapHours: 24,
  policyRevision: 'revision',
}

const faultsOf = (text: string): readonly string[] => {
  try {
    readClientsFile(text, 'clients.yaml')
  } catch (error) {
    expect(error).toBeInstanceOf(CommandFault)
    expect((error as CommandFault).exitCode).toBe(EXIT.usage)
    const [head, ...lines] = (error as Error).message.split('\n')
    expect(head).toMatch(/^clients\.yaml has (a fault|\d+ faults), and nothing was changed:$/)
    return lines.map((line) => line.trim())
  }
  throw new Error('no fault was found')
}

describe('a file', () => {
  test('says what each client is, and its defaults hold where an entry says nothing', () => {
    const { set, clients } = readClientsFile(
      `set: payments
defaults:
  onRemoval: deactivate
  tags: { team: payments, tier: "1" }
clients:
  - name: billing
    description: Reads invoices
    scopes: [read:invoices]
    readers: [arn:aws:iam::111111111111:role/job]
    period: 14d
    tags: { tier: "2" }
  - { name: payroll, displayName: Payroll job, description: Pays, onRemoval: retain, overlap: 6h }
`,
      'clients.yaml',
    )

    expect(set).toBe('payments')
    expect(clients.map((client) => toDeclared(client, view))).toEqual([
      {
        secretName: 'm2m/prod/billing',
        displayName: 'billing',
        description: 'Reads invoices',
        scopes: ['read:invoices'],
        consumers: ['arn:aws:iam::111111111111:role/job'],
        rules: { everyDays: 28 },
        onRemoval: 'deactivate',
        period: '14d',
        tags: { team: 'payments', tier: '2' },
      },
      {
        secretName: 'm2m/prod/payroll',
        displayName: 'Payroll job',
        description: 'Pays',
        scopes: [],
        consumers: [],
        rules: { everyDays: 60 },
        onRemoval: 'retain',
        overlap: '6h',
        tags: { team: 'payments', tier: '1' },
      },
    ])
  })

  test('is of the set "default" unless it says otherwise, may be JSON, and may be empty', () => {
    expect(readClientsFile('{"clients": []}', 'x')).toEqual({ set: 'default', clients: [] })
  })

  test('may repeat itself by anchors, as often as it likes', () => {
    const entries = Array.from({ length: 500 }, (_, at) => `  - { name: c${at}, description: d, readers: *readers }`)
    const text = `defaults: { readers: &readers [arn:aws:iam::111111111111:role/job] }\nclients:\n${entries.join('\n')}`

    expect(readClientsFile(text, 'x').clients[499]?.readers).toEqual(['arn:aws:iam::111111111111:role/job'])
  })
})

test('merge keys and members that begin with x- are read, and an entry’s own fields go over what it merges', () => {
  const file = readClientsFile(
    `x-job: &job
  readers: [arn:aws:iam::111111111111:role/job]
  scopes: [a]
x-large: &large { period: 60d, scopes: [b] }
clients:
  - { <<: *job, name: one, description: d }
  - { <<: [*job, *large], name: two, description: d, readers: [] }
  - { name: three, <<: *large, description: d, scopes: [c] }
`,
    'x',
  )

  expect(
    file.clients.map(({ name, readers, scopes, period }) => ({ name, readers: readers.length, scopes, period })),
  ).toEqual([
    { name: 'one', readers: 1, scopes: ['a'], period: undefined },
    { name: 'two', readers: 0, scopes: ['a'], period: '60d' },
    { name: 'three', readers: 0, scopes: ['c'], period: '60d' },
  ])
})

test('a file of ten thousand clients that all use the same anchors is read', () => {
  const entries = Array.from(
    { length: 10_000 },
    (_, at) => `  - { name: c${at}, description: d, readers: *r, tags: *t }`,
  )
  const text = `x-r: &r [arn:aws:iam::111111111111:role/job]\nx-t: &t { team: payments }\nclients:\n${entries.join('\n')}`

  expect(readClientsFile(text, 'x').clients[9_999]).toMatchObject({ name: 'c9999', tags: { team: 'payments' } })
})

test('ten lines of aliases that stand for thousands of millions of values are one fault, at once', () => {
  const levels = Array.from({ length: 9 }, (_, at) => `x-${at + 1}: &a${at + 1} [${`*a${at}, `.repeat(10)}]`)

  expect(faultsOf(['x-0: &a0 [lol]', ...levels, 'clients: *a9', ''].join('\n'))).toEqual([
    'clients.yaml is too large with its aliases written out: expected at most 20 million characters; use fewer aliases, or several files',
  ])
})

test('a fault that quotes a value of megabytes says how much of it is left out, and still what was expected', () => {
  const [fault = ''] = faultsOf(`clients:\n  - name: ${'x'.repeat(5_000_000)}\n    description: d\n`)

  expect(fault.length).toBeLessThan(1_200)
  expect(fault).toMatch(
    /^clients\.yaml:2:5 clients\[0\]\.name is malformed: "x+ … 4,999,\d{3} more characters … x+".*expected 1 to 64 of a-z/,
  )
})

describe('faults', () => {
  test('are told all at once, each with its line and its path', () => {
    expect(
      faultsOf(`sett: x
defaults:
  scopes: [a]
clients:
  - name: Billing!
    description: ok
    scopes: ["a b", ok]
  - description: ""
    name: fine
    onRemoval: explode
    overlap: 2w
  - name: fine
    description: again
    readers: [arn:aws:iam::111111111111:role/*]
    period: 1h
    tags: { "m2m:held": now }
  - just text
`),
    ).toEqual([
      expect.stringMatching(/^clients\.yaml:1:1 sett is unknown: expected one of set, defaults, clients$/),
      expect.stringMatching(/^clients\.yaml:3:3 defaults\.scopes is unknown: expected one of readers, onRemoval/),
      'clients.yaml:17:5 clients[3] is malformed: "just text"; expected an object',
      expect.stringMatching(
        /^clients\.yaml:7:14 clients\[0\]\.scopes\[0\] is malformed: "a b"; expected an OAuth scope/,
      ),
      expect.stringMatching(/^clients\.yaml:5:5 clients\[0\]\.name is malformed: "Billing!"; expected 1 to 64 of a-z/),
      'clients.yaml:11:5 clients[1].overlap is malformed: "2w"; expected hours or days, such as "12h" or "30d"',
      'clients.yaml:8:5 clients[1].description is malformed: ""; expected 1 to 2000 characters',
      expect.stringMatching(
        /^clients\.yaml:10:5 clients\[1\]\.onRemoval is malformed: "explode"; expected "retain" or/,
      ),
      expect.stringMatching(/^clients\.yaml:15:5 clients\[2\]\.period is shorter than Secrets Manager can schedule/),
      expect.stringMatching(/^clients\.yaml:14:15 clients\[2\]\.readers\[0\] is malformed: .*without wildcards/),
      expect.stringMatching(/^clients\.yaml:16:13 clients\[2\]\.tags\.m2m:held is no tag's key/),
      'clients.yaml:12:5 clients[2].name is "fine", as in clients[1]: expected each name once',
    ])
  })

  test.each([
    ['clients:\n  - name: x\n    description: d\n    scope: [a]\n', 'clients.yaml:4:5 clients[0].scope is unknown'],
    ['clients:\n  - description: d\n', 'clients.yaml:2:5 clients[0].name is missing'],
    ['clients:\n  - name: Ä\n    description: d\n', 'clients.yaml:2:5 clients[0].name is malformed: "Ä"'],
    [
      'clients:\n  - {name: a, description: d}\n  - {name: a, description: d}\n',
      'clients.yaml:3:6 clients[1].name is "a", as in',
    ],
    ['clients:\n  - name: Web Portal\n    description: d\n', 'letter or digit; write "web-portal"'],
    [
      'clients:\n  - name: a\n    description: d\n    scopes: [x, x]\n',
      'clients.yaml:4:5 clients[0].scopes name one twice',
    ],
    ['clients:\n  - name: a\n    description: d\n    period: 1h\n', 'clients[0].period is shorter than'],
    [
      'clients:\n  - name: a\n    description: d\n    period: 2d\n    overlap: 3d\n',
      'clients[0].overlap is not shorter',
    ],
    ['clients:\n  - name: a\n    description: d\n    tags: {"m2m:x": y}\n', "is no tag's key"],
    ['clients:\n  - name: a\n    description: d\n    tags: {x: "a\\u0001"}\n', 'clients[0].tags.x is malformed'],
    ['clients: yes\n', 'clients.yaml:1:1 clients is malformed: expected a list'],
    ['set: a\n', 'clients is missing: expected a list'],
    ['just a text', 'is malformed: expected "clients:"'],
    ['set: "a b"\nclients: []\n', 'clients.yaml:1:1 set is malformed'],
  ])('%j', (text, expected) => {
    expect(faultsOf(text).join('\n')).toContain(expected)
  })

  test.each([
    ['clients:\n  - name: a\n   description: d\n', /^clients\.yaml:3:\d+ is not YAML: /],
    ['clients: []\nclients: []\n', /^clients\.yaml:2:1 is not YAML: Map keys must be unique/],
    ['clients: [*nobody]\n', /^clients\.yaml uses \*nobody, but no &nobody is defined before it$/],
    ['clients: &all [*all]\n', /^clients\.yaml uses \*all inside of &all itself$/],
    [`clients: ${'['.repeat(20_000)}`, /nests its values too deeply/],
    ['clients: [{[a]: b}]\n', /has a key that is no text/],
    ['clients: [{<<: a}]\n', /merges \(<<\) something that is no mapping/],
  ])('of the YAML itself: %j', (text, expected) => {
    expect(faultsOf(text).join('\n')).toMatch(expected)
  })
})

test('periods that the stage’s campaigns come too seldom for are named at once, before anything is planned', () => {
  const text = `clients:
  - { name: a, description: d, period: 12h }
  - { name: b, description: d, period: 1d }
  - { name: c, description: d, period: 23h }
  - { name: e, description: d }
`
  const { clients } = readClientsFile(text, 'clients.yaml')
  const why = 'is shorter than the longest time between two periodic campaigns: expected at least 24h'

  expect(() => assertPeriods(clients, view, 'clients.yaml')).not.toThrow()
  const daily = () => assertPeriods(clients, { ...view, campaignEveryHours: 24 }, 'clients.yaml')
  expect(daily).toThrow(`clients.yaml has 2 faults, and nothing was changed:\n  clients.yaml a: period 12h ${why}`)
  expect(daily).toThrow(`clients.yaml c: period 23h ${why}`)
})

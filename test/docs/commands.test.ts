// Every command in README and docs is one: a shell can read it, `m2m` and npm know it, files that it names are there, and what it asks of AWS
// is an operation with those parameters. Those of the laptop are run.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { parse, wordsOf } from '../bin/command-line.ts'
import { repository } from '../e2e/spawned.ts'

const read = (path: string): string => readFileSync(join(repository, path), 'utf8')
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`),
]
const blocksOf = (page: string, language: string): readonly string[] =>
  [...read(page).matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].map(
    ([, code = '']) => code,
  )

interface Block {
  readonly page: string
  readonly code: string
}
const blocks: readonly Block[] = pages.flatMap((page) => blocksOf(page, 'sh').map((code) => ({ page, code })))
const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }

/** Commands of a block, a line each, with what is written on several lines put together. */
const linesOf = ({ code }: Block): readonly string[] => code.replaceAll(/\\\n\s*/g, ' ').split('\n')
/** What is typed from `name` on, wherever in a line: behind a pipe, in a substitution, after `npx`. */
const callsOf = (name: string): readonly { readonly page: string; readonly call: string }[] =>
  blocks.flatMap((block) =>
    linesOf(block).flatMap((line) =>
      [...line.matchAll(new RegExp(`(?:^|[\\s(|{"])(${name} [^)|]*)`, 'g'))].map(([, call = '']) => ({
        page: block.page,
        call,
      })),
    ),
  )

test('there are commands to judge', () => {
  expect(blocks.length).toBeGreaterThan(55)
  expect(callsOf('m2m').length).toBeGreaterThan(20)
  expect(callsOf('aws').length).toBeGreaterThan(40)
})

test.each(blocks.map((block, index) => [`${block.page}, block ${index}`, block.code] as const))(
  'a shell can read %s',
  (_name, code) => {
    // What stands for something of one's own is no redirection.
    const input = code.replaceAll(/<[a-z][a-z -]*>/g, 'own')
    const { stderr } = spawnSync('bash', ['-n'], { input, encoding: 'utf8' })

    expect(stderr, code).toBe('')
  },
)

test.each(callsOf('m2m').map(({ page, call }) => [call, page] as const))('m2m takes `%s` (%s)', async (call) => {
  // Behind --help nothing is judged.
  const words = wordsOf(call)
    .slice(1)
    .filter((word) => word !== '…')
  const { isTaken, stdout, stderr } = await parse(words)

  expect(isTaken || stdout.startsWith('Usage:') || words.includes('laptop'), stderr).toBe(true)
})

test.each(callsOf('npm').map(({ page, call }) => [call, page] as const))('npm knows `%s` (%s)', (call) => {
  const [, verb = '', script = ''] = wordsOf(call)

  expect(['ci', 'cit', 'start', 'test', 'run', 'pack', 'install']).toContain(verb)
  if (verb === 'run') expect(Object.keys(scripts)).toContain(script)
})

test.each(callsOf('npx').map(({ page, call }) => [call, page] as const))('npx finds `%s` (%s)', (call) => {
  const [, tool = '', verb = ''] = wordsOf(call)

  if (tool === '--package') {
    // What the clone packs, and a command of it.
    expect([verb, wordsOf(call)[3]]).toEqual(['./m2m-secret-rotation-0.1.0.tgz', 'm2m-secrets'])
    return
  }
  expect(tool === 'm2m' || existsSync(join(repository, 'node_modules/.bin', tool)), tool).toBe(true)
  if (tool === 'cdk') expect(['synth', 'bootstrap', 'diff', 'deploy', 'destroy']).toContain(verb)
})

test.each(
  blocks.flatMap((block) =>
    linesOf(block).flatMap((line) =>
      [...line.matchAll(/\b(?:node|esbuild) ([\w./-]+\.ts)\b/g)].map(([, path = '']) => path),
    ),
  ),
)('%s is there', (path) => {
  expect(existsSync(join(repository, path))).toBe(true)
})

describe('what is asked of AWS', () => {
  /** AWS's own names for services, and the package whose types say what an operation takes. */
  const packages: Readonly<Record<string, string>> = {
    secretsmanager: 'client-secrets-manager',
    events: 'client-eventbridge',
    lambda: 'client-lambda',
    ssm: 'client-ssm',
    s3api: 'client-s3',
  }
  /** Of services that no package here speaks to; each as the AWS CLI's reference has it. */
  const others: Readonly<Record<string, readonly string[]>> = {
    cloudformation: ['describe-stacks', 'continue-update-rollback'],
    cloudtrail: ['lookup-events'],
    iam: ['create-role', 'put-role-policy', 'delete-role', 'delete-role-policy'],
    kms: ['get-public-key'],
    logs: ['filter-log-events'],
    organizations: ['create-policy', 'attach-policy'],
    s3: ['ls', 'cp'],
    scheduler: ['get-schedule'],
    sqs: ['get-queue-url', 'receive-message', 'delete-message'],
    sts: ['get-caller-identity'],
  }
  /** The AWS CLI's own, for any operation; and `lambda create-function --zip-file`, which stands for Code.ZipFile. */
  const global = ['query', 'output', 'cli-binary-format', 'region', 'profile', 'zip-file']

  const pascal = (kebab: string): string =>
    kebab.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())

  const types = new Map<string, string>()
  const typesOf = (name: string): string => {
    const directory = join(repository, 'node_modules/@aws-sdk', name, 'dist-types')
    const known = types.get(name)
    if (known !== undefined) return known
    const text = readdirSync(join(directory, 'models'))
      .filter((file) => file.startsWith('models_'))
      .map((file) => readFileSync(join(directory, 'models', file), 'utf8'))
      .join('\n')
    types.set(name, text)
    return text
  }
  /** Parameters of an operation, in the CLI's spelling and lower case; undefined: there is no such operation. */
  const parametersOf = (service: string, operation: string): ReadonlySet<string> | undefined => {
    const text = typesOf(packages[service] ?? '')
    const name = operation === 'invoke' ? 'Invocation' : pascal(operation)
    const body = new RegExp(
      `export interface (?:${name}Request|${name}Input|${name}CommandInput) \\{([\\s\\S]*?)\\n\\}`,
    )
    const found = body.exec(text)?.[1]
    if (found === undefined) return undefined
    return new Set([...found.matchAll(/^ {4}(\w+)\??:/gm)].map(([, member = '']) => member.toLowerCase()))
  }
  const isParameter = (parameters: ReadonlySet<string>, option: string): boolean => {
    const name = option.replaceAll('-', '')
    return parameters.has(name) || parameters.has(name.replace(/^no/, ''))
  }
  const judge = (call: string): readonly string[] => {
    const [, service = '', operation = ''] = wordsOf(call)
    if (others[service] !== undefined) {
      return others[service].includes(operation) ? [] : [`${service} has no ${operation}`]
    }
    if (packages[service] === undefined) return [`no service ${service}`]
    const parameters = parametersOf(service, operation)
    if (parameters === undefined) return [`${service} has no ${operation}`]
    const options = [...call.matchAll(/ --([a-z][a-z0-9-]*)/g)].map(([, option = '']) => option)
    return options
      .filter((option) => !global.includes(option) && !isParameter(parameters, option))
      .map((option) => `${operation} has no --${option}`)
  }

  test.each(callsOf('aws').map(({ page, call }) => [call, page] as const))('`%s` (%s)', (call) => {
    expect(judge(call)).toEqual([])
  })

  test.each([
    ['aws secretsmanager rotate-secrets --secret-id x', 'secretsmanager has no rotate-secrets'],
    ['aws secretsmanager rotate-secret --secret x', 'rotate-secret has no --secret'],
    ['aws sqs recieve-message', 'sqs has no recieve-message'],
    ['aws secretmanager list-secrets', 'no service secretmanager'],
  ])('and `%s` would be found', (call, fault) => {
    expect(judge(call)).toEqual([fault])
  })
})

const samplesOf = (language: string) =>
  pages.flatMap((page) => blocksOf(page, language).map((code, index) => [`${page} ${index}`, code] as const))

test.each(samplesOf('json'))('the JSON of %s is JSON', (_name, code) => {
  expect(() => JSON.parse(code.replaceAll('…', ''))).not.toThrow()
})

test.each(samplesOf('yaml'))('the YAML of %s is YAML', (_name, code) => {
  expect(parseYaml(code)).toBeTypeOf('object')
})

test.each(samplesOf('python'))('the Python of %s compiles', (_name, code) => {
  const { status, stderr, error } = spawnSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
    input: code,
    encoding: 'utf8',
  })
  // A machine without Python can say nothing of it; the continuous one has it.
  expect(error === undefined ? status : 0, stderr).toBe(0)
})

test('TypeScript samples are of pages whose tests compile them: docs/vending.test.ts, e2e/package.long.test.ts', () => {
  const withSamples = new Set(samplesOf('ts').map(([name]) => name.split(' ')[0]))
  expect(withSamples).toEqual(new Set(['docs/vending.md', 'docs/deploying.md']))
})

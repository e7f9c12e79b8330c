// The drawing of the rooms in docs/architecture.md, held against the imports.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { importsOf } from '../../scripts/changed-tests.ts'

const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8')
const [, drawing = ''] = /An arrow reads "imports"[\s\S]*?```mermaid\nflowchart TD\n([\s\S]*?)```/.exec(page) ?? []
const drawn = [...drawing.matchAll(/^ +([a-z]+) --> ([a-z]+)$/gm)].map(([, from = '', to = '']) => `${from} ${to}`)

/** A folder of the core by its own name, everything else by its room. */
const roomOf = (file: string): string | undefined =>
  /^lambda\/core\/([a-z]+)\//.exec(file)?.[1] ??
  /^lambda\/(env|adapters|handlers|client|local)[./]/.exec(file)?.[1] ??
  /^(bin|lib)\//.exec(file)?.[1]

let imported: ReadonlySet<string>
beforeAll(async () => {
  const found = new Set<string>()
  for (const [file, targets] of await importsOf(fileURLToPath(new URL('../..', import.meta.url)))) {
    for (const target of targets) {
      const [from, to] = [roomOf(file), roomOf(target)]
      if (from !== undefined && to !== undefined && from !== to) found.add(`${from} ${to}`)
    }
  }
  imported = found
})

const reachable = (from: string): ReadonlySet<string> => {
  const reached = new Set<string>()
  const left = [from]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for (const arrow of drawn) {
      const [start, end = ''] = arrow.split(' ')
      if (start === next && !reached.has(end)) {
        reached.add(end)
        left.push(end)
      }
    }
  }
  return reached
}

test('every arrow stands for an import', () => {
  expect(drawn.length).toBeGreaterThan(10)
  expect(drawn.filter((arrow) => !imported.has(arrow))).toEqual([])
})

test('every import between rooms can be followed in the drawing', () => {
  const missing = [...imported].filter((arrow) => {
    const [from = '', to = ''] = arrow.split(' ')
    return !reachable(from).has(to)
  })

  expect(missing).toEqual([])
})

// From the templates that are deployed somewhere to today's: every finding is explained in docs/upgrading.md, and every row there
// explains one.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { matchesPattern } from '../../scripts/judge/evaluate.ts'
import type { Finding } from '../../scripts/judge/finding.ts'
import { printed } from '../../scripts/judge/finding.ts'
import { judgeUpgrade } from '../../scripts/judge/rules/upgrade.ts'
import { deployedTemplate, readReduced, reduceTemplate } from './reduced-template.ts'
import { fixture, shippedConfig, synthesised } from './synthesised.ts'

interface Explanation {
  readonly resources: readonly string[]
  readonly says: string
}

const page = readFileSync(new URL('../../docs/upgrading.md', import.meta.url), 'utf8')

/** Rows of three cells, of which the first names resources in backticks. */
const explanations: readonly Explanation[] = page.split('\n').flatMap((line) => {
  const [, first = '', says = '', reason = ''] = line.split('|').map((cell) => cell.trim())
  const resources = [...first.matchAll(/`([^`]+)`/g)].map((match) => String(match[1]))
  return resources.length > 0 && reason !== '' ? [{ resources, says }] : []
})

const explains = ({ resources, says }: Explanation, finding: Finding): boolean => {
  const [, id = ''] = finding.at.split('/')
  return finding.says.includes(says) && resources.some((pattern) => matchesPattern(pattern, id))
}

const upgrades = { 'as-shipped': shippedConfig(), everything: fixture('everything') }

const findingsOf = (name: keyof typeof upgrades): readonly Finding[] =>
  judgeUpgrade([deployedTemplate(name)], [synthesised(upgrades[name]).stack])

test.each(Object.entries(upgrades))('a kept template says as much as a whole one: %s', (_name, config) => {
  const { stack, template } = synthesised(config)

  const kept = readReduced(reduceTemplate(template, stack))

  expect(kept.resources.length).toBe(stack.resources.length)
  expect(judgeUpgrade([kept], [stack])).toEqual([])
})

test.each(Object.keys(upgrades) as (keyof typeof upgrades)[])(
  'the upgrade from the deployed template is explained: %s',
  (name) => {
    const unexplained = findingsOf(name).filter((finding) => !explanations.some((one) => explains(one, finding)))

    expect(unexplained.map(printed)).toEqual([])
  },
)

test('each row of the page explains something', () => {
  const findings = (Object.keys(upgrades) as (keyof typeof upgrades)[]).flatMap(findingsOf)

  const idle = explanations.flatMap(({ resources, says }) =>
    resources.filter((pattern) => !findings.some((finding) => explains({ resources: [pattern], says }, finding))),
  )

  expect(idle).toEqual([])
})

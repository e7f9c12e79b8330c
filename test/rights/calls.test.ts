// The calls that every-right.long.test.ts makes, as they were recorded, against the template of today: a right that is taken out of any of its policies
// denies a call, which is named; and a right that is added needs a call that needs it.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lambda/core/base/json-object.ts'
import { stageOf } from '../../lambda/local/laptop/deployed-stage.ts'
import { fieldsOf, textsOf } from '../../lambda/local/stand-in/fields.ts'
import { callsFile } from '../../scripts/rights/main.ts'
import { readCalls, writeCalls } from '../../scripts/rights/recorded-calls.ts'
import { recordedStage } from '../../scripts/rights/recorded-stage.ts'
import type { GivenRight, UsedRight } from '../../scripts/rights/replay.ts'
import { type Held, heldAgainst, rightsOfStage, sentenceOf } from '../../scripts/rights/template-rights.ts'
import { awaited, reasonFor, reasons } from '../../scripts/rights/uncalled.ts'

const text = readFileSync(callsFile, 'utf8')
const record = readCalls(text)
const stage = await recordedStage()
const { denied, unneeded, used } = heldAgainst(rightsOfStage(stage), record)

const unexplained = (rights: readonly GivenRight[]): readonly string[] =>
  rights.filter((right) => reasonFor(right) === undefined).map(sentenceOf)

describe('the template', () => {
  test('allows every recorded call, by the same policies as then', () => {
    expect(denied).toEqual([])
  })

  test('gives no right that no recorded call needs, but those that AWS alone uses, and those that wait for a call', () => {
    expect(unexplained(unneeded)).toEqual(awaited.map(sentenceOf))
  })

  test('gives each right for which there is such a reason', () => {
    expect(reasons.filter(({ fits }) => !unneeded.some(fits)).map(({ reason }) => reason)).toEqual([])
  })
})

describe('the record', () => {
  test('stands as it is written, in an order of its own', () => {
    expect(writeCalls([record])).toBe(text)
  })

  test('is small, and holds nothing of one run: no time, no number, no id, no suffix, and no value', () => {
    const others = text.replaceAll('2026-01-01T00:00:00Z', '').replaceAll('00000000-0000-4000-8000-000000000000', '')

    expect(text.length).toBeLessThan(700_000)
    expect(others).not.toMatch(/\d{4}-\d{2}-\d{2}T|\d{13}|(?<!:key\/)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-/)
    expect(others).not.toMatch(/:secret:[\w/+=.@-]+-(?!AbCdEf|\?{6})[A-Za-z0-9]{6}"/)
    expect(others).not.toMatch(/secret-(test|live)-|client_secret|AKIA|Basic |Bearer /)
  })

  test('is of everybody who calls: functions, people and services', () => {
    const callers = new Set(record.calls.map(({ who }) => who.split(/[/.]/).at(who.startsWith('arn:') ? -1 : 0)))
    const services = ['apigateway', 'cloudwatch', 'events', 'lambda', 'scheduler', 'secretsmanager', 'sns']
    const parts = ['archive', 'campaign', 'clients', 'identify', 'incident', 'intake', 'project-rotation', 'reads']

    for (const service of services) expect(callers).toContain(service)
    for (const part of [...parts, 'registrar', 'rotation', 'sweep', 'vendor']) {
      expect(callers).toContain(`m2m-laptop-${part}-us-east-1`)
    }
    for (const person of ['operator', 'break-glass', 'security', 'laptop']) expect(callers).toContain(person)
  })
})

/** Changes the actions of each statement of this Sid, in whatever document of the template it stands. */
const withActions = (
  value: unknown,
  sid: string,
  change: (actions: readonly string[]) => readonly string[],
): unknown => {
  if (Array.isArray(value)) return value.map((one) => withActions(one, sid, change))
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, withActions(one, sid, change)] as const),
  )
  return fields.Sid === sid && fields.Effect === 'Allow'
    ? { ...fields, Action: change(textsOf(fields.Action)) }
    : fields
}

const heldWith = (sid: string, change: (actions: readonly string[]) => readonly string[]): Held => {
  const template = fieldsOf(withActions(stage.stackFile.template, sid, change)) as JsonObject
  return heldAgainst(rightsOfStage(stageOf({ ...stage.stackFile, template })), record)
}

const isNeeded = ({ neededBy, sharedBy }: UsedRight): boolean => neededBy.length + sharedBy.length > 0

describe('a right that is taken out of the template', () => {
  test('denies a call or leaves it to another policy, whichever it is, and the call is named', () => {
    const needed = used.filter(isNeeded)
    const calls = needed.flatMap(({ neededBy, sharedBy }) => [...neededBy, ...sharedBy])

    expect(needed.length).toBeGreaterThan(150)
    expect(calls.filter((call) => !/^[\w.-]+ calls [a-z0-9-]+:\w+ on \S+$/.test(call))).toEqual([])
  })

  test.each([
    ['SignProofs', 'kms:Sign', 'm2m-laptop-rotation-us-east-1'],
    ['RegisterBelowThePrefix', 'secretsmanager:DeleteSecret', 'm2m-laptop-registrar-us-east-1'],
    ['HoldLeases', 'dynamodb:DeleteItem', 'm2m-laptop-project-rotation-us-east-1'],
    ['KeepWhatCouldNotStart', 'sqs:SendMessage', 'm2m-laptop-sweep-schedule-us-east-1'],
    ['SetParameters', 'ssm:GetParameterHistory', 'operator'],
    ['DecryptForReaders', 'kms:Decrypt', 'm2m-laptop-vendor-us-east-1'],
    ['OurAlarms', 'sns:Publish', 'cloudwatch.amazonaws.com'],
    ['WhatRulesCouldNotDeliver', 'sqs:SendMessage', 'events.amazonaws.com'],
  ])('from %s, %s: the call of %s is named', (sid, taken, caller) => {
    const held = heldWith(sid, (actions) => actions.filter((action) => action !== taken))

    expect(held.denied.filter((line) => line.includes(`${caller} calls ${taken} on `))).not.toEqual([])
  })
})

describe('a right that is added to the template', () => {
  test.each([
    ['AskForRotationsOnly', 'secretsmanager:GetSecretValue'],
    ['PutProofs', 's3:DeleteObject'],
    ['List', 'iam:ListRoles'],
    ['AdministerNotUse', 'kms:CreateGrant'],
  ])('to %s, %s, is reported', (sid, added) => {
    const held = heldWith(sid, (actions) => [...actions, added])

    expect(held.denied).toEqual([])
    expect(unexplained(held.unneeded).filter((line) => line.includes(`needs ${added} of ${sid}`))).not.toEqual([])
  })

  test('under another name, beside what allows the call already, is reported as well', () => {
    const held = heldWith('AskForRotationsOnly', (actions) => [...actions, 'secretsmanager:Rotate*'])

    expect(unexplained(held.unneeded).filter((line) => line.includes('secretsmanager:Rotate*'))).not.toEqual([])
  })
})

// What the upgrade rule needs of a template, and nothing else: small enough to keep one of each template that is deployed somewhere.
// A file holds its place on the first line, and a resource on each that follows.
import { readFileSync } from 'node:fs'
import type { JsonObject } from '../../lambda/core/base/json-object.ts'
import { kindOf } from '../../lambda/local/stack/kinds.ts'
import type { TemplatePlace } from '../../lambda/local/stack/resolve.ts'
import { fieldsOf } from '../../lambda/local/stand-in/fields.ts'
import { readTemplate, type Stack } from '../../scripts/judge/template.ts'

/** Properties that tell one setting or name from another beside those of the kind itself. */
const always = ['FunctionName', 'Roles', 'RestApiId', 'ApiId', 'EventBusName', 'ServiceToken', 'ResourceArn']

const reduceResource = (value: unknown): JsonObject => {
  const { Type, Properties, DeletionPolicy, UpdateReplacePolicy } = fieldsOf(value)
  const { name, replacedFor = [], subject = [] } = kindOf(String(Type))
  const kept = new Set([...always, ...replacedFor, ...subject, ...(name === undefined ? [] : [name])])
  const properties = Object.entries(fieldsOf(Properties)).filter(([key]) => kept.has(key))
  return { Type, Properties: Object.fromEntries(properties), DeletionPolicy, UpdateReplacePolicy }
}

export const reduceTemplate = (template: unknown, place: TemplatePlace): string => {
  const resources = Object.entries(fieldsOf(fieldsOf(template).Resources))
  const lines = resources.map(([id, value]) => JSON.stringify({ [id]: reduceResource(value) }))
  return `${[JSON.stringify(place), ...lines].join('\n')}\n`
}

export const readReduced = (text: string): Stack => {
  const [place, ...resources] = text
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  const { name, account, region } = fieldsOf(place)
  const Resources = Object.assign({}, ...resources.map(fieldsOf))
  return readTemplate({ Resources }, { name: String(name), account: String(account), region: String(region) })
}

/** A template that was deployed once: test/fixtures/upgrade/<name>.jsonl. */
export const deployedTemplate = (name: string): Stack =>
  readReduced(readFileSync(new URL(`../fixtures/upgrade/${name}.jsonl`, import.meta.url), 'utf8'))

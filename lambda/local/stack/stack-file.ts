// What `cdk synth` made of one stack, as far as it is played: the template, where it is deployed, and which bundle each function's code is. One
// file, so that it can be written while another process reads its predecessor.
import { readFileSync } from 'node:fs'
import { defined } from '../../core/base/defined.ts'
import { isJsonObject, type JsonObject } from '../../core/base/json-object.ts'
import type { StagePeople } from '../iam/people.ts'
import { fieldsOf } from '../stand-in/fields.ts'
import type { TemplatePlace } from './resolve.ts'

export interface StackFile {
  /** Absent account or Region: whatever the stand-ins have. */
  readonly place: Pick<TemplatePlace, 'name'> & Partial<TemplatePlace>
  readonly template: JsonObject
  /** Key of an asset in the bootstrap's bucket → the bundle's name, which is its handler's. */
  readonly bundles: Readonly<Record<string, string>>
  /** Whom the configuration names. @default - nobody */
  readonly people?: StagePeople
}

/** @param cdkOut what the app has written. @param stackId of the stack's construct. */
export const toStackFile = (
  cdkOut: string,
  stackId: string,
  { place, people }: Pick<StackFile, 'place' | 'people'>,
): StackFile => {
  const read = (name: string): JsonObject => fieldsOf(JSON.parse(readFileSync(`${cdkOut}/${name}`, 'utf8')))
  const bundles = Object.entries(fieldsOf(read(`${stackId}.assets.json`).files)).flatMap(([hash, asset]) => {
    const { path, packaging } = fieldsOf(fieldsOf(asset).source)
    // The path itself is this machine's.
    return packaging === 'zip' ? [[`${hash}.zip`, String(path).split(/[/\\]/).at(-1) ?? ''] as const] : []
  })
  return {
    place,
    template: read(`${stackId}.template.json`),
    bundles: Object.fromEntries(bundles),
    ...defined({ people }),
  }
}

const isTextMap = (value: unknown): value is Readonly<Record<string, string>> =>
  isJsonObject(value) && Object.values(value).every((one) => typeof one === 'string')

const isPlace = (value: unknown): value is StackFile['place'] => isTextMap(value) && value.name !== undefined

const isListOfTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string')

const KINDS = ['breakGlass', 'operators', 'security', 'readers'] as const

const arePeople = (value: unknown): value is StagePeople =>
  isJsonObject(value) && KINDS.every((kind) => isListOfTexts(value[kind]))

/** Undefined: it is no such file's content. */
export const readStackFile = (given: unknown): StackFile | undefined => {
  if (!isJsonObject(given)) return undefined
  const { place, template, bundles, people } = given
  if (!isPlace(place) || !isJsonObject(template) || !isTextMap(bundles)) return undefined
  if (!isJsonObject(template.Resources) || (people !== undefined && !arePeople(people))) return undefined
  return { place, template, bundles, ...defined({ people }) }
}

// What `cdk synth` made of one stack, as far as it is played: the template, where it is deployed, and which bundle each function's code is. One
// file, so that it can be written while another process reads its predecessor.
import { readFileSync } from 'node:fs'
import type { JsonObject } from '../../core/base/json-object.ts'
import { fieldsOf } from '../stand-in/fields.ts'
import type { TemplatePlace } from './resolve.ts'

export interface StackFile {
  /** Absent account or Region: whatever the stand-ins have. */
  readonly place: Pick<TemplatePlace, 'name'> & Partial<TemplatePlace>
  readonly template: JsonObject
  /** Key of an asset in the bootstrap's bucket → the bundle's name, which is its handler's. */
  readonly bundles: Readonly<Record<string, string>>
}

/** @param cdkOut what the app has written. @param stackId of the stack's construct. */
export const toStackFile = (cdkOut: string, stackId: string, place: StackFile['place']): StackFile => {
  const read = (name: string): JsonObject => fieldsOf(JSON.parse(readFileSync(`${cdkOut}/${name}`, 'utf8')))
  const bundles = Object.entries(fieldsOf(read(`${stackId}.assets.json`).files)).flatMap(([hash, asset]) => {
    const { path, packaging } = fieldsOf(fieldsOf(asset).source)
    // The path itself is this machine's.
    return packaging === 'zip' ? [[`${hash}.zip`, String(path).split(/[/\\]/).at(-1) ?? ''] as const] : []
  })
  return { place, template: read(`${stackId}.template.json`), bundles: Object.fromEntries(bundles) }
}

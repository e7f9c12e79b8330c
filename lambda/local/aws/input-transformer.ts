// EventBridge's input transformers, as its user guide describes them ("Amazon EventBridge input transformation"): variables from paths in dot
// notation; one that is absent from the event does not appear in the output; values go into a quoted text as they are, without being escaped, and
// in a value's place as JSON. What comes out has to be JSON, or a JSON string a line, else nobody gets it.

export interface InputTransformer {
  readonly paths: Readonly<Record<string, string>>
  readonly template: string
}

const MAX_VARIABLES = 100
const MAX_TEMPLATE_LENGTH = 8192

const valueAt = (path: string, event: unknown): unknown =>
  path
    .replace(/^\$\.?/, '')
    .split('.')
    .reduce<unknown>((at, field) => (typeof at === 'object' && at !== null ? Reflect.get(at, field) : undefined), event)

const asText = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)

/** @throws SyntaxError where EventBridge would have nothing to send. */
export const transformedBy = ({ paths, template }: InputTransformer, event: unknown): string => {
  if (Object.keys(paths).length > MAX_VARIABLES) throw new RangeError('more than 100 variables')
  if (template.length > MAX_TEMPLATE_LENGTH) throw new RangeError('a template of more than 8,192 characters')
  const filled = template.replaceAll(/<([^<>]*)>/g, (_, name: string) => {
    const path = paths[name]
    if (path === undefined) throw new SyntaxError(`no variable ${name}`)
    return asText(valueAt(path, event))
  })
  if (filled.startsWith('{')) return JSON.stringify(JSON.parse(filled))
  for (const line of filled.split('\n')) {
    if (typeof JSON.parse(line) !== 'string') throw new SyntaxError(`no string: ${line}`)
  }
  return filled
}

// Reads a synthesised template's values where they are known before a deployment: CloudFormation's pseudo parameters, joined and substituted.
// What only a deployment will know stays undefined, and is never guessed. Pure.

export interface Surroundings {
  readonly account: string
  readonly region: string
  readonly partition: string
  readonly urlSuffix: string
  readonly stackName: string
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const pseudo = (name: unknown, around: Surroundings): string | undefined => {
  switch (name) {
    case 'AWS::AccountId':
      return around.account
    case 'AWS::Region':
      return around.region
    case 'AWS::Partition':
      return around.partition
    case 'AWS::URLSuffix':
      return around.urlSuffix
    case 'AWS::StackName':
      return around.stackName
    default:
      return undefined
  }
}

const join = (value: unknown, around: Surroundings): string | undefined => {
  const [separator, parts] = Array.isArray(value) ? (value as readonly unknown[]) : []
  if (typeof separator !== 'string' || !Array.isArray(parts)) return undefined
  const known = parts.map((part: unknown) => resolvedText(part, around))
  return known.includes(undefined) ? undefined : known.join(separator)
}

const substitute = (value: unknown, around: Surroundings): string | undefined => {
  if (typeof value !== 'string') return undefined
  let isKnown = true
  const text = value.replaceAll(/\$\{([^!}][^}]*)\}/g, (_all, name: string) => {
    const found = pseudo(name, around)
    if (found === undefined) isKnown = false
    return found ?? ''
  })
  return isKnown ? text : undefined
}

/** @returns undefined when a deployment must come first. */
export const resolvedText = (value: unknown, around: Surroundings): string | undefined => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (!isFields(value)) return undefined
  if ('Ref' in value) return pseudo(value.Ref, around)
  if ('Fn::Join' in value) return join(value['Fn::Join'], around)
  return 'Fn::Sub' in value ? substitute(value['Fn::Sub'], around) : undefined
}

const intrinsic = (value: Fields): boolean =>
  Object.keys(value).length === 1 && /^(Ref|Fn::.+)$/.test(Object.keys(value)[0] ?? '')

/** The same for a whole document, such as a policy; what is not known becomes `<unknown>`. */
export const resolved = (value: unknown, around: Surroundings): unknown => {
  if (Array.isArray(value)) return value.map((one: unknown) => resolved(one, around))
  if (!isFields(value)) return value
  if (intrinsic(value)) return resolvedText(value, around) ?? '<unknown>'
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, around)]))
}

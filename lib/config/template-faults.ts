// Whether the template fits into what CloudFormation takes: clients with many readers, scopes and tags make it grow, and a deployment would
// only find out when it uploads. Counted on the template itself, since every tag stands on every resource. Pure.

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html: of a template in S3, where the CDK puts it. */
export const MAX_TEMPLATE_BYTES = 1_048_576

interface Template {
  readonly Resources?: Readonly<Record<string, { readonly Type: string }>>
}

/** As the stack writes it: without indentation. */
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** How many of the clients fit, in their order. */
const fitting = (resources: NonNullable<Template['Resources']>, total: number): number => {
  const sizes = Object.entries(resources)
    .filter(([, { Type }]) => Type === 'Custom::M2mClient')
    .map((entry) => bytesOf(entry))
  let left = total
  let count = sizes.length
  while (left > MAX_TEMPLATE_BYTES && count > 0) {
    count -= 1
    left -= sizes[count] ?? 0
  }
  return left > MAX_TEMPLATE_BYTES ? 0 : count
}

/** @returns what is wrong with the clients, or with the tags when no client would be left; undefined when everything fits. */
export const templateFault = (template: Template): readonly [at: string, fault: string] | undefined => {
  const total = bytesOf(template)
  if (total <= MAX_TEMPLATE_BYTES) return undefined
  const size = `a template of ${total} bytes, and CloudFormation takes ${MAX_TEMPLATE_BYTES}`
  const count = fitting(template.Resources ?? {}, total)
  if (count === 0) return ['tags', `stand on every resource and make ${size}: expected fewer, or shorter ones`]
  return [
    'clients',
    `make ${size}: the first ${count} fit; register the others with "m2m apply", or let several readers share a role`,
  ]
}

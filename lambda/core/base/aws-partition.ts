// Which of AWS's partitions a Region belongs to, and where a service listens there: by the Region's own prefix, as AWS's SDKs tell them
// apart (partitions.json of @aws-sdk/core). Neither FIPS nor dual-stack addresses; those come from the SDK's endpoint variables.

interface AwsPartition {
  /** As in ARNs. */
  readonly partition: string
  /** The end of its services' host names. */
  readonly urlSuffix: string
}

const partitions: readonly (readonly [prefix: string, partition: AwsPartition])[] = [
  ['cn-', { partition: 'aws-cn', urlSuffix: 'amazonaws.com.cn' }],
  ['us-gov-', { partition: 'aws-us-gov', urlSuffix: 'amazonaws.com' }],
  ['eusc-', { partition: 'aws-eusc', urlSuffix: 'amazonaws.eu' }],
  ['us-iso-', { partition: 'aws-iso', urlSuffix: 'c2s.ic.gov' }],
  ['us-isob-', { partition: 'aws-iso-b', urlSuffix: 'sc2s.sgov.gov' }],
  ['eu-isoe-', { partition: 'aws-iso-e', urlSuffix: 'cloud.adc-e.uk' }],
  ['us-isof-', { partition: 'aws-iso-f', urlSuffix: 'csp.hci.ic.gov' }],
]

/** @param region `eu-west-1` */
export const partitionOf = (region: string): AwsPartition =>
  partitions.find(([prefix]) => region.startsWith(prefix))?.[1] ?? { partition: 'aws', urlSuffix: 'amazonaws.com' }

/** @param service as in host names: `secretsmanager`, `ssm`. @returns `ssm.eu-west-1.amazonaws.com` */
export const serviceHost = (service: string, region: string): string =>
  `${service}.${region}.${partitionOf(region).urlSuffix}`

const urlSuffixes = ['amazonaws.com', ...partitions.map(([, { urlSuffix }]) => urlSuffix)]

/** Whether a host name is one of AWS's own, whatever the service and the Region. */
export const isAwsHost = (hostname: string): boolean => urlSuffixes.some((end) => hostname.endsWith(`.${end}`))

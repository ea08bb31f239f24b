import { afterAll, expect, it } from 'vitest';
import { describeWith } from '../../clients/installed.ts';
import { docker } from '../../docker.ts';
import { unique } from './place.ts';
import { small, useDocker } from './stage.ts';

describeWith('docker', () => {
  const { stage } = useDocker();
  const images: string[] = [];
  /** An image with this in the place of the shell. */
  const withShell = (script: string[]): string => {
    const image = unique('oscar-sandbox-test/hopeless');
    const container = unique('oscar-sandbox-test-hopeless');
    // All programs of the image are one file: the shell goes before another one takes its place.
    const change = 'rm /bin/sh; printf "%s\\n" "$@" >/bin/sh; chmod +x /bin/sh';
    docker('run', '--name', container, 'busybox', 'ash', '-c', change, 'ash', ...script);
    docker('commit', container, image);
    docker('rm', container);
    images.push(image);
    return image;
  };
  afterAll(() => {
    for (const image of images) docker('rmi', '-f', image);
  });

  it.each([
    // First, as long as no network is held by a container of another image.
    ['containers whose shell does not run', ['#!/bin/false'], 'containers', 1],
    ['workers whose shell ends', ['#!/bin/ash', '[ "$2" != "read -r end" ] || exec ash "$@"', 'exit 3'], 'workers', 3],
  ])('%s are not started for ever', async (_, shell, what, code) => {
    const image = withShell(shell);
    const service = small({ name: `hopeless-${what}`, image, synchronous: { min_scale: 2, max_scale: 2 } });
    await expect(stage.place.executor.deploy(service)).rejects.toMatchObject({
      code: 'unavailable',
      message: `The ${what} of ${service.name} do not stay: the shell ends at once (exit code ${code}).`,
    });
  });
});

#!@PYTHON@
"""The supervisor as a program, as clusters have it: since 1.6 it takes the store's keys from the folder of a Secret.

Its own two paths are set here, so that they can be moved with all others.
"""
from pathlib import Path

from faassupervisor.faas.binary.supervisor import BinarySupervisor
from faassupervisor.storage.config import StorageConfig
from faassupervisor.supervisor import main
from faassupervisor.utils import ConfigUtils, SysUtils

ConfigUtils._BINARY_OSCAR_STORAGE_CONFIG_PATH = '/oscar/config/function_config.yaml'
BinarySupervisor._OSCAR_SCRIPT_PATH = '/oscar/config/script.sh'
parse = StorageConfig._parse_config


def parse_with_keys(self):
    parse(self)
    for name, auth in self.minio_auth.items():
        folder = Path('/oscar/providers') / f'minio.{name}'
        if folder.is_dir():
            auth.creds['access_key'] = (folder / 'accessKey').read_text()
            auth.creds['secret_key'] = (folder / 'secretKey').read_text()


StorageConfig._parse_config = parse_with_keys
answer = main(SysUtils.get_stdin())
if answer is not None:
    print(answer)

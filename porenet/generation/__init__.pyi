from .batches import DRAWS, GLOBAL, SAMPLES, WEIGHTS, Batch, Batches
from .checkpoint_files import read_checkpoint, write_checkpoint
from .conditions import descriptor_conditions
from .config_differences import config_changes
from .critic_views import critic_view
from .cubes import CubeRules, Cubes, coarsened, cut_cubes
from .data_tables import SOURCES, SyntheticData, VolumeData, data_table, load_structures
from .devices import device_words, launched_fabric
from .enlarging import EnlargingConv
from .field_fit import fields_at_start, fields_in
from .fields import SkewedFields
from .gap_records import gap_record
from .held_fractions import fraction_constants, hold_fractions
from .held_networks import Channel, HeldNetworks, argmax_labels, channels_of, join_networks
from .refined_fields import RefinedFields
from .run_folder import Identity, RunFolder
from .samples import sampled_labels
from .seeded_draws import batch_index, seed_of, turned
from .step_choice import StepChoice
from .structures import Structures, cut_structures, one_hot, structures_of, write_structures
from .text_tables import audit_text, table_text
from .trainer_command import command_changes, exit_code, parser_with_help, trainer_parser
from .training_curves import draw_curves
from .training_display import TrainingDisplay
from .training_log import TrainingLog, read_log
from .training_recorder import TrainingRecorder

__all__ = [
    "Batch", "Batches", "Channel", "CubeRules", "Cubes", "DRAWS", "EnlargingConv", "GLOBAL", "HeldNetworks", "Identity",
    "RefinedFields", "RunFolder", "SAMPLES", "SOURCES", "SkewedFields", "StepChoice", "Structures", "SyntheticData",
    "TrainingDisplay", "TrainingLog", "TrainingRecorder", "VolumeData", "WEIGHTS", "argmax_labels", "audit_text",
    "batch_index", "channels_of", "coarsened", "command_changes", "config_changes", "critic_view", "cut_cubes",
    "cut_structures", "data_table", "descriptor_conditions", "device_words", "draw_curves", "exit_code",
    "fields_at_start", "fields_in", "fraction_constants", "gap_record", "hold_fractions", "join_networks",
    "launched_fabric", "load_structures", "one_hot", "parser_with_help", "read_checkpoint", "read_log",
    "sampled_labels", "seed_of", "structures_of", "table_text", "trainer_parser", "turned", "write_checkpoint",
    "write_structures",
]  # fmt: skip
